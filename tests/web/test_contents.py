"""What the pages show: the server's data for their owner, the next step where there is none, and no secret."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from linkflow.models import Connection, SealedKey
from relay.crypto.device import vault as device
from tests.factories import Linked, Person, make_app, make_connection, make_person
from tests.web.browser import browser_of
from vault import services as vault

pytestmark = pytest.mark.django_db


def page(person: Person, path: str) -> str:
    """The text of a page as its owner gets it."""
    response = browser_of(person.user).get(path)
    assert response.status_code == 200
    return response.content.decode()


def put_key(person: Person, provider: str = "sandbox") -> None:
    """A vault item, sealed as a browser seals it."""
    item = device.seal_vault_item(person.vault_key, provider, {"apiKey": "sandbox-key-" + "works", "label": "mine"})
    vault.put_key(person.user, provider, item, {}, frozenset(), timezone.now())


def app_name(linked: Linked) -> str:
    """The name of the connection's app."""
    assert linked.connection.app is not None
    return linked.connection.app.name


def test_empty_pages_say_the_next_step() -> None:
    person = make_person()
    assert "Add your first key" in page(person, "/keys")
    assert "No app is connected" in page(person, "/connections")
    assert "Register your first app" in page(person, "/apps")


def test_every_user_page_names_its_session_for_the_scripts() -> None:
    person = make_person()
    text = page(person, "/keys")
    assert f'name="user-id" content="{person.user.pk}"' in text
    assert re.search(r'name="csrf-token" content="[\w-]{43}"', text)
    assert re.search(r'name="session-id" content="ses_\w+"', text)
    assert person.user.email in text


def test_the_keys_page_shows_what_the_server_knows_and_no_more() -> None:
    person = make_person()
    put_key(person)
    text = page(person, "/keys")
    assert 'id="key-sandbox"' in text
    assert "Not used yet" in text
    assert "No connections" in text
    assert "mine" not in text
    assert "sandbox-key-" + "works" not in text
    assert 'data-action="add-sandbox"' not in text


def test_unconfirmed_providers_are_called_so_where_one_is_chosen() -> None:
    text = page(make_person(), "/keys")
    options = dict(re.findall(r'name="provider" value="(\w+)">(.*?)</label>', text, re.DOTALL))
    assert len(options) == 14
    assert "Unconfirmed" in options["deepseek"]
    assert "Unconfirmed" not in options["openai"]


def test_deleting_a_key_names_the_connections_it_ends() -> None:
    person = make_person()
    put_key(person)
    linked = make_connection(person)
    text = page(person, "/keys")
    assert app_name(linked) in text
    assert "Revoked: it has no other key" in text


def test_a_connection_is_shown_with_its_budget() -> None:
    linked = make_connection(person := make_person(), budget_cents=1250)
    text = page(person, "/connections")
    assert f'id="{linked.connection.pk}"' in text
    assert "$12.50" in text
    assert re.search(r'<meter min="0" max="12500000" low="10000000" high="11875000" optimum="0" value="0"', text)
    assert f"{datetime.now(UTC):%B %Y}" in text


def test_another_persons_connection_is_not_shown() -> None:
    linked = make_connection(make_person())
    text = page(make_person(), "/connections")
    assert linked.connection.pk not in text
    assert app_name(linked) not in text


def test_states_of_a_connection_in_words() -> None:
    linked = make_connection(person := make_person())
    row = Connection.objects.filter(pk=linked.connection.pk)
    assert "Active" in page(person, "/connections")
    row.update(status=Connection.PAUSED)
    text = page(person, "/connections")
    assert "Paused" in text
    assert 'data-action="resume"' in text
    row.update(status=Connection.ACTIVE, expires_at=timezone.now() - timedelta(seconds=1))
    assert linked.connection.pk not in page(person, "/connections")
    text = page(person, "/connections?status=ended")
    assert "Expired" in text
    assert 'data-action="revoke"' not in text


def test_a_key_in_trouble_is_told_on_both_pages() -> None:
    linked = make_connection(person := make_person())
    put_key(person)
    SealedKey.objects.filter(connection=linked.connection).update(attention_code="key_invalid", attention_at=timezone.now())
    assert "Sandbox refused the key." in page(person, "/connections")
    assert "Refused by Sandbox" in page(person, "/keys")


def test_trial_connections_are_not_listed() -> None:
    linked = make_connection(person := make_person())
    Connection.objects.filter(pk=linked.connection.pk).update(trial=True)
    assert linked.connection.pk not in page(person, "/connections")


def test_an_apps_page_shows_its_client_id_and_never_its_secret() -> None:
    person = make_person()
    product = make_app(person.user)
    for path in ("/apps", f"/apps/{product.app.pk}/settings"):
        text = page(person, path)
        assert product.app.client_id in text
        assert product.secret not in text
    assert "\n".join(product.app.allowed_origins) in page(person, f"/apps/{product.app.pk}/settings")


def test_names_cannot_become_markup() -> None:
    person = make_person()
    product = make_app(person.user)
    product.app.name = '"><script>alert(1)</script>'
    product.app.save(update_fields=["name"])
    make_connection(person, product)
    for path in ("/apps", f"/apps/{product.app.pk}", f"/apps/{product.app.pk}/settings", "/connections", "/keys"):
        assert "<script>alert" not in page(person, path)
