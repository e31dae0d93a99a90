"""DELETE /v1/auth/account: everything of the person's is gone, the amounts stay, and nobody else notices."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.db import models

from accounts.models import Activity, App, User
from linkflow.models import Connection, SealedKey
from relay.crypto.device import vault as device
from tests.accounts.account_life import NewKeys, challenge_for, code, delete_body, log_in, password_body
from tests.accounts.test_sessions import cookie_headers
from tests.factories import Person, call, give_kit, make_app, make_connection, make_person
from usage.forgetting import forget_rows
from vault import services as keys
from vault.models import VaultItem

pytestmark = pytest.mark.django_db
PATH = "/v1/auth/account"


def delete(person: Person, body: Any) -> Any:
    return person.call("DELETE", PATH, body, elevated=True)


def put_key(person: Person) -> None:
    item = device.seal_vault_item(person.vault_key, "sandbox", {"apiKey": "sandbox-key-" + "works", "label": ""})
    keys.put_key(person.user, "sandbox", item, {}, frozenset(), datetime.now(UTC))


def mentions(user_id: str) -> list[str]:
    """`table.column` of every text column that still holds the id anywhere."""
    found = []
    for model in apps.get_models():
        for column in model._meta.concrete_fields:
            is_text = isinstance(getattr(column, "target_field", column), (models.CharField, models.TextField))
            if is_text and model._default_manager.filter(**{column.attname: user_id}).exists():
                found.append(f"{model.__name__}.{column.attname}")
    return found


def test_everything_of_the_persons_is_gone_and_nothing_of_others() -> None:
    ada, bob = make_person(), make_person()
    give_kit(ada)
    put_key(ada)
    put_key(bob)
    bobs_app = make_app(bob.user)
    adas, bobs = make_connection(ada, bobs_app), make_connection(bob, bobs_app)
    make_connection(bob, make_app(ada.user))
    cookie_headers(ada)
    assert delete(ada, delete_body(ada)).json() == {"success": True, "data": {}}
    assert forget_rows() == 1
    assert mentions(ada.user.pk) == []
    assert list(User.objects.all()) == [bob.user]
    assert list(VaultItem.objects.values_list("user_id", flat=True)) == [bob.user.pk]
    assert list(Connection.objects.all()) == [bobs.connection]
    assert list(App.objects.all()) == [bobs_app.app]
    assert not SealedKey.objects.filter(connection_id=adas.connection.pk).exists()
    assert bob.call("GET", "/v1/auth/me").status_code == 200


def test_the_email_is_free_again_and_the_old_keys_open_nothing() -> None:
    ada = make_person("again@example.com")
    delete(ada, delete_body(ada))
    assert code(log_in("again@example.com", ada.login_seed)) == "login_failed"
    assert code(ada.call("GET", "/v1/auth/me")) == "invalid_token"
    assert make_person("again@example.com").call("GET", "/v1/keys").json()["data"]["items"] == []


def test_a_page_loses_its_cookie() -> None:
    ada = make_person()
    response = call("DELETE", PATH, delete_body(ada), **cookie_headers(ada))
    assert response.status_code == 200
    assert response.cookies["1relay_session"].value == ""
    assert not User.objects.exists()


def test_only_the_login_key_of_this_account_and_relay_deletes() -> None:
    ada, bob = make_person(), make_person()
    refusals = [
        delete_body(ada, seed=bob.login_seed),
        delete_body(ada, origin="https://relay.evil.example"),
        delete_body(ada, challenge=challenge_for(bob.user.email)),
        delete_body(ada) | {"deleteProof": ada.login_proof(challenge_for(ada.user.email))},
        delete_body(bob),
    ]
    for body in refusals:
        assert code(delete(ada, body)) == "login_failed"
    assert User.objects.count() == 2


def test_a_password_that_was_changed_meanwhile_deletes_nothing() -> None:
    ada, new = make_person(), NewKeys()
    data = ada.call("PUT", "/v1/auth/password", password_body(ada, new), elevated=True).json()["data"]
    ada.token, ada.elevation = data["token"], data["elevation"]
    assert code(delete(ada, delete_body(ada))) == "login_failed"
    assert delete(ada, delete_body(ada, seed=new.login_seed)).status_code == 200


def test_challenges_are_spent_at_first_use_and_end() -> None:
    ada = make_person()
    body = delete_body(ada)
    assert code(delete(ada, body | {"deleteProof": "A" * 86})) == "login_failed"
    assert code(delete(ada, body)) == "login_failed"
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        stale = delete_body(ada)
        clock.shift(121)
        assert code(delete(ada, stale)) == "login_failed"
    assert User.objects.exists()


def test_it_needs_elevation_a_user_and_a_proof() -> None:
    ada = make_person()
    assert code(ada.call("DELETE", PATH, delete_body(ada))) == "reauth_required"
    assert code(call("DELETE", PATH, delete_body(ada))) == "unauthenticated"
    assert code(make_app(ada.user).call("DELETE", PATH, delete_body(ada))) == "unauthenticated"
    assert code(delete(ada, {"challenge": challenge_for(ada.user.email)})) == "invalid_request"
    assert code(delete(ada, {})) == "invalid_request"
    assert User.objects.exists()


def test_others_are_told_why_their_connections_to_its_apps_are_gone() -> None:
    ada, bob = make_person(), make_person()
    linked = make_connection(bob, make_app(ada.user, name="Tern"))
    assert delete(ada, delete_body(ada)).status_code == 200
    row = Activity.objects.get(user=bob.user, kind="connection_revoked")
    assert (row.subject, row.subject_id, row.detail) == ("Tern", linked.connection.pk, "The app was deleted")
