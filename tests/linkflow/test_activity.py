"""What is done to keys, connections and the cap leaves exactly one row, with the device that did it and nothing secret."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Activity, Mail, User
from linkflow.models import Connection
from linkflow.services import exchange, expiry
from relay.core.errors import Forbidden
from relay.crypto.device import connections as device
from relay.crypto.device import vault
from tests.contracts import samples
from tests.contracts.world import make_world
from tests.factories import SANDBOX_KEY, Linked, Person, make_app, make_connection, make_person
from tests.linkflow.helpers import approval_for, authorize, open_session

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def rows(person: Person) -> list[tuple[str, str, str]]:
    """Kind, subject and detail of each row, oldest first."""
    found = Activity.objects.filter(user=person.user).order_by("at", "pk")
    return [(row.kind, row.subject, row.detail) for row in found]


def only_new(person: Person) -> tuple[str, str, str]:
    """What the one row says that was written since the connection was approved; it names the calling session."""
    found = Activity.objects.filter(user=person.user).exclude(kind="connection_approved")
    row = found.get()
    assert row.session_id == person.session.pk
    return row.kind, row.subject, row.detail


def connected(**over: Any) -> tuple[Person, Linked]:
    ada = make_person()
    return ada, make_connection(ada, make_app(make_person().user, name="Tern"), **over)


def test_approving_says_what_was_approved() -> None:
    ada = make_person()
    approval = approval_for(ada, open_session(make_app(make_person().user, name="Tern")))
    assert authorize(ada, approval).status_code == 200
    assert authorize(ada, approval).status_code == 200  # the same again: the same deed
    row = Activity.objects.get(user=ada.user)
    assert (row.kind, row.subject, row.detail) == ("connection_approved", "Tern", "Sandbox · $10 a month")
    assert (row.session_id, row.device) == (ada.session.pk, "An unknown device")
    assert Connection.objects.get(pk=row.subject_id).user_id == ada.user.pk


CHANGES: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"status": "paused"}, ("connection_paused", "")),
    ({"budgetCents": 2050}, ("connection_changed", "Budget $10 → $20.50 a month")),
    ({"limits": {"dailyCents": 5}}, ("connection_changed", "Limits changed")),
    ({"budgetCents": 500, "status": "paused"}, ("connection_changed", "Budget $10 → $5 a month · Connection paused")),
    ({"removeProviders": ["sandbox"]}, ("connection_revoked", "It had no key left")),
]


@pytest.mark.parametrize(("body", "expected"), CHANGES, ids=str)
def test_changing(body: dict[str, Any], expected: tuple[str, str]) -> None:
    ada, linked = connected()
    assert ada.call("PATCH", f"/v1/connections/{linked.connection.pk}", body, elevated=True).status_code == 200
    kind, subject, detail = only_new(ada)
    assert (subject, (kind, detail)) == ("Tern", expected)


def test_a_change_that_changes_nothing_or_is_refused_leaves_no_row() -> None:
    ada, linked = connected()
    path = f"/v1/connections/{linked.connection.pk}"
    assert ada.call("PATCH", path, {"budgetCents": 1000, "status": "active"}, elevated=True).status_code == 200
    assert ada.call("PATCH", path, {"budgetCents": 5000}).status_code == 403
    assert ada.call("PATCH", path, {"budgetCents": 100, "removeProviders": ["openai"]}, elevated=True).status_code == 400
    assert [kind for kind, _, _ in rows(ada)] == ["connection_approved"]


def test_resuming_and_a_renewed_key() -> None:
    ada, linked = connected()
    path = f"/v1/connections/{linked.connection.pk}"
    ada.call("PATCH", path, {"status": "paused"})
    ada.call("PATCH", path, {"status": "active"}, elevated=True)
    seal = device.seal_key(linked.connection_key, linked.connection.pk, "sandbox", SANDBOX_KEY)
    ada.call("PATCH", path, {"sealedKeys": [{"provider": "sandbox", "sealedKey": seal}]}, elevated=True)
    assert [kind for kind, _, _ in rows(ada)][2:] == ["connection_resumed", "connection_changed"]
    assert rows(ada)[-1][2] == "Sandbox key renewed"


def test_revoking_by_the_user_by_the_app_and_by_the_clock() -> None:
    ada = make_person()
    product = make_app(make_person().user, name="Tern")
    first, second = make_connection(ada, product), make_connection(ada, product)
    third = make_connection(ada, product, expires_at=datetime.now(UTC) + timedelta(hours=1))
    for _ in range(2):
        assert ada.call("DELETE", f"/v1/connections/{first.connection.pk}").status_code == 200
        assert product.call("DELETE", f"/v1/connections/{second.connection.pk}").status_code == 200
    for _ in range(2):
        expiry.expire(datetime.now(UTC) + timedelta(hours=2))
    found = list(Activity.objects.filter(user=ada.user).exclude(kind="connection_approved"))
    ended = {row.subject_id: row for row in found}
    assert len(ended) == len(found) == 3
    said = {linked: (row.kind, row.detail, bool(row.session_id), bool(row.device)) for linked, row in ended.items()}
    assert said == {
        first.connection.pk: ("connection_revoked", "", True, True),
        second.connection.pk: ("connection_revoked", "By the app", False, False),
        third.connection.pk: ("connection_expired", "", False, False),
    }
    assert {row.user_id for row in ended.values()} == {ada.user.pk}


def test_an_approval_nobody_picked_up_lapses() -> None:
    ada = make_person()
    authorize(ada, approval_for(ada, open_session(make_app(make_person().user, name="Tern"))))
    expiry.expire(datetime.now(UTC) + timedelta(minutes=11))
    assert rows(ada)[-1] == ("connection_lapsed", "Tern", "The app did not pick it up")


def test_a_planted_approval_is_told_to_its_owner() -> None:
    ada, product = make_person(), make_app(make_person().user, name="Tern")
    approval = approval_for(ada, open_session(product, clientUserId="ada"))
    authorize(ada, approval)
    with pytest.raises(Forbidden):
        exchange.exchange(product.app, approval.public_token, "mallory", datetime.now(UTC))
    assert rows(ada)[-1] == ("connection_revoked", "Tern", "The app picked it up for somebody else")


def test_keys() -> None:
    ada, _ = connected()
    item = vault.seal_vault_item(ada.vault_key, "openai", {"apiKey": "sk-" + "x" * 30, "label": "work"})
    body = {"provider": "openai", "ciphertext": item}
    assert [ada.call("POST", "/v1/keys", body, elevated=True).status_code for _ in range(2)] == [201, 200]
    assert ada.call("DELETE", "/v1/keys/openai", elevated=True).status_code == 200
    assert rows(ada)[1:] == [("key_added", "OpenAI", ""), ("key_replaced", "OpenAI", ""), ("key_deleted", "OpenAI", "")]
    assert {row.session_id for row in Activity.objects.filter(kind__startswith="key_")} == {ada.session.pk}


def test_a_deleted_key_ends_the_connections_that_had_no_other() -> None:
    ada, linked = connected()
    item = vault.seal_vault_item(ada.vault_key, "sandbox", {"apiKey": SANDBOX_KEY, "label": ""})
    seal = device.seal_key(linked.connection_key, linked.connection.pk, "sandbox", SANDBOX_KEY)
    sealed = [{"connectionId": linked.connection.pk, "sealedKey": seal}]
    ada.call("POST", "/v1/keys", {"provider": "sandbox", "ciphertext": item, "sealedKeys": sealed}, elevated=True)
    ada.call("DELETE", "/v1/keys/sandbox", elevated=True)
    assert sorted(rows(ada)[2:]) == [("connection_revoked", "Tern", "It had no key left"), ("key_deleted", "Sandbox", "In 1 connection")]


def test_the_cap() -> None:
    ada = make_person()
    ada.call("PUT", "/v1/budget", {"budgetCents": 2500}, elevated=True)
    ada.call("PUT", "/v1/budget", {"budgetCents": None}, elevated=True)
    assert rows(ada) == [("cap_changed", "$25 a month", ""), ("cap_changed", "No cap", "")]


def test_a_key_check_leaves_no_row() -> None:
    world = make_world()
    body = {**samples.personal(world), "trial": True}
    before = rows(world.ada)
    assert world.ada.call("POST", "/v1/connections", body, elevated=True).status_code == 201
    assert rows(world.ada) == before


def test_a_tool_of_ones_own_is_approved_too() -> None:
    world = make_world()
    body = samples.personal(world)
    for _ in range(2):
        world.ada.call("POST", "/v1/connections", body, elevated=True)
    row = Activity.objects.get(user=world.ada.user, subject="My laptop")
    assert (row.kind, row.detail) == ("connection_approved", "Sandbox · $2 a month")


def test_approvals_are_mailed_to_confirmed_addresses() -> None:
    ada = make_person()
    User.objects.filter(pk=ada.user.pk).update(email_verified_at=NOW)
    authorize(ada, approval_for(ada, open_session(make_app(make_person().user, name="Tern"))))
    assert Mail.objects.get().user_id == ada.user.pk


def test_rows_hold_nothing_secret() -> None:
    ada, linked = connected()
    ada.call("PATCH", f"/v1/connections/{linked.connection.pk}", {"budgetCents": 2000}, elevated=True)
    text = json.dumps(list(Activity.objects.values()), default=str)
    secrets = [ada.token, ada.elevation, linked.access_token, linked.public_token, SANDBOX_KEY, ada.user.wrapped_vault_key]
    assert not [secret for secret in secrets if secret in text]
