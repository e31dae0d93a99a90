"""/v1/connections: list, change, pause, revoke, expire, personal ones, update mode."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from linkflow.models import Connection, SealedKey
from linkflow.services import expiry
from relay.core.ids import mint_id
from relay.crypto import tokens
from relay.crypto.device import connections as device
from relay.crypto.encoding import b64u_encode
from tests.factories import SANDBOX_KEY, Linked, Person, make_app, make_connection, make_person
from tests.linkflow.helpers import OPENAI_KEY, approval_for, authorize, code, data, open_session
from usage.models import Budget

pytestmark = pytest.mark.django_db


def path_of(linked: Linked) -> str:
    return f"/v1/connections/{linked.connection.pk}"


def test_lists_show_each_caller_their_own() -> None:
    ada, mallory, bob = make_person(), make_person(), make_person()
    product, other = make_app(bob.user), make_app(bob.user)
    linked = make_connection(ada, product, budget_cents=700)
    item = data(ada.call("GET", "/v1/connections"))["items"][0]
    assert (item["budgetCents"], item["spentMicros"], item["heldMicros"]) == (700, 0, 0)
    assert (item["providers"], item["status"], item["personal"]) == (["sandbox"], "active", False)
    assert item["ownerGrant"] == linked.connection.owner_grant
    assert item["lastUsedAt"] is None
    assert "ownerGrant" not in data(product.call("GET", path_of(linked)))
    for stranger in (mallory, other):
        assert data(stranger.call("GET", "/v1/connections"))["items"] == []
        assert code(stranger.call("GET", path_of(linked))) == "not_found"
        assert code(stranger.call("DELETE", path_of(linked))) == "not_found"
    assert code(mallory.call("PATCH", path_of(linked), {"budgetCents": 1})) == "not_found"
    assert code(product.call("PATCH", path_of(linked), {"budgetCents": 1})) == "forbidden"


def test_filters_and_cursors() -> None:
    ada = make_person()
    made = [make_connection(ada, now=datetime(2026, 11, day, tzinfo=UTC)).connection.pk for day in (1, 2, 3)]
    first = data(ada.call("GET", "/v1/connections?limit=2"))
    rest = data(ada.call("GET", f"/v1/connections?limit=2&cursor={first['nextCursor']}"))
    assert [item["id"] for item in first["items"] + rest["items"]] == made[::-1]
    assert rest["nextCursor"] is None
    assert len(data(ada.call("GET", "/v1/connections?provider=sandbox&status=active"))["items"]) == 3
    assert data(ada.call("GET", "/v1/connections?provider=openai"))["items"] == []
    for bad in ("status=dead", "limit=0", "limit=x", "cursor=x", "limit=9999999999999"):
        assert code(ada.call("GET", f"/v1/connections?{bad}")) == "invalid_request"


def test_the_status_filter_goes_by_the_clock() -> None:
    with time_machine.travel(datetime(2026, 11, 23, tzinfo=UTC), tick=False) as clock:
        ada = make_person()
        lasting = make_connection(ada, expires_at=datetime(2026, 11, 30, tzinfo=UTC)).connection.pk
        unbounded = make_connection(ada).connection.pk
        over = make_connection(ada, expires_at=datetime(2026, 11, 23, 1, tzinfo=UTC)).connection.pk
        clock.shift(timedelta(hours=1))

        def listed(status: str) -> set[str]:
            return {item["id"] for item in data(ada.call("GET", f"/v1/connections?status={status}"))["items"]}

        assert listed("active") == {lasting, unbounded}
        assert listed("expired") == {over}
        Connection.objects.update(status="paused")
        assert listed("paused") == {lasting, unbounded}
        expiry.expire(datetime.now(UTC))
        assert listed("expired") == {over}


def test_lowering_needs_no_elevation_and_binds_the_budget() -> None:
    ada = make_person()
    linked = make_connection(ada, budget_cents=1000)
    assert data(ada.call("PATCH", path_of(linked), {"budgetCents": 300}))["budgetCents"] == 300
    assert data(ada.call("PATCH", path_of(linked), {"limits": {"dailyCents": 5}}))["limits"] == {"dailyCents": 5}
    budget = Budget.objects.get(subject_id=linked.connection.pk)
    assert (budget.monthly_nanos, budget.daily_nanos) == (3_000_000_000, 50_000_000)


RAISES: list[dict[str, Any]] = [
    {"budgetCents": 1001},
    {"limits": {"dailyCents": 51}},
    {"limits": {"dailyCents": None}},
    {"limits": {"models": ["gpt-4o", "o3"]}},
    {"limits": {"models": None}},
    {"limits": {"allowUnpriced": True}},
    {"limits": {"expiresAt": "2028-01-01T00:00:00Z"}},
    {"status": "active"},
    {"ownerGrant": "A" * 100},
]


@pytest.mark.parametrize("change", RAISES, ids=str)
def test_allowing_more_needs_elevation(change: dict[str, Any]) -> None:
    ada = make_person()
    until = datetime(2027, 6, 1, tzinfo=UTC)
    linked = make_connection(ada, budget_cents=1000, daily_cents=50, allowed_models=["gpt-4o"], expires_at=until)
    before = Connection.objects.values().get()
    assert code(ada.call("PATCH", path_of(linked), change)) == "reauth_required"
    assert Connection.objects.values().get() == before
    data(ada.call("PATCH", path_of(linked), change, elevated=True))


def test_pause_and_resume() -> None:
    ada = make_person()
    linked = make_connection(ada)
    assert data(ada.call("PATCH", path_of(linked), {"status": "paused"}))["status"] == "paused"
    assert data(ada.call("PATCH", path_of(linked), {"status": "active"}, elevated=True))["status"] == "active"


def test_revoking_deletes_what_is_sealed_and_is_final() -> None:
    ada, product = make_person(), make_app(make_person().user)
    linked = make_connection(ada, product)
    for caller in (ada, product):
        assert data(caller.call("DELETE", path_of(linked))) == {}
    row = Connection.objects.get()
    assert (row.status, row.held_key, row.granted_key, row.owner_grant) == ("revoked", None, None, "")
    assert not SealedKey.objects.exists()
    assert code(ada.call("PATCH", path_of(linked), {"budgetCents": 1})) == "conflict"


def test_pending_ones_can_only_be_deleted() -> None:
    ada, product = make_person(), make_app(make_person().user)
    session = open_session(product)
    pending = data(authorize(ada, approval_for(ada, session)))["connectionId"]
    assert code(ada.call("PATCH", f"/v1/connections/{pending}", {"budgetCents": 1})) == "conflict"
    assert code(product.call("DELETE", f"/v1/connections/{pending}")) == "not_found"
    data(ada.call("DELETE", f"/v1/connections/{pending}"))
    assert not Connection.objects.exists()


def test_the_clock_expires() -> None:
    with time_machine.travel(datetime(2026, 11, 23, tzinfo=UTC), tick=False) as clock:
        ada, product = make_person(), make_app(make_person().user)
        linked = make_connection(ada, product, expires_at=datetime(2026, 11, 24, tzinfo=UTC))
        data(authorize(ada, approval_for(ada, open_session(product))))
        clock.shift(timedelta(hours=12))
        ada = Person(**{**vars(ada), "token": make_token(ada)})
        expiry.expire(datetime.now(UTC))
        assert Connection.objects.get().status == "active"
        clock.shift(timedelta(hours=12))
        ada.token = make_token(ada)
        assert data(ada.call("GET", path_of(linked)))["status"] == "expired"
        expiry.expire(datetime.now(UTC))
        assert Connection.objects.get().held_key is None
        assert not SealedKey.objects.exists()
        assert expiry.expire(datetime.now(UTC)) == 0


def make_token(person: Person) -> str:
    from accounts.services import sessions

    return sessions.open_session(person.user, "bearer", "", datetime.now(UTC)).token


def test_providers_are_added_and_removed() -> None:
    ada = make_person()
    linked = make_connection(ada, keys={"sandbox": SANDBOX_KEY, "openai": OPENAI_KEY})
    seal = device.seal_key(linked.connection_key, linked.connection.pk, "groq", "gsk_" + "x" * 20)
    added = {"sealedKeys": [{"provider": "groq", "sealedKey": seal}]}
    assert code(ada.call("PATCH", path_of(linked), added, elevated=True)) == "invalid_request"
    added["ownerGrant"] = linked.connection.owner_grant  # type: ignore[assignment]
    assert data(ada.call("PATCH", path_of(linked), added, elevated=True))["providers"] == ["groq", "openai", "sandbox"]
    left = data(ada.call("PATCH", path_of(linked), {"removeProviders": ["openai", "groq"]}))
    assert left["providers"] == ["sandbox"]
    assert code(ada.call("PATCH", path_of(linked), {"removeProviders": ["openai"]})) == "invalid_request"
    assert data(ada.call("PATCH", path_of(linked), {"removeProviders": ["sandbox"]}))["status"] == "revoked"


def personal_body(person: Person, **over: Any) -> dict[str, Any]:
    connection_id, key = mint_id("con"), device.new_connection_key()
    access_token = tokens.mint_token(tokens.ACCESS_TOKEN)
    grant = device.OwnerGrant(key, "personal", ("sandbox",))
    from relay.crypto.connection_keys import seal_held_key

    return {
        "id": connection_id,
        "name": "My laptop",
        "accessTokenHash": b64u_encode(tokens.digest_token(access_token)),
        "heldKey": seal_held_key(access_token, connection_id, key),
        "ownerGrant": device.seal_owner_grant(person.vault_key, connection_id, grant),
        "sealedKeys": [{"provider": "sandbox", "sealedKey": device.seal_key(key, connection_id, "sandbox", SANDBOX_KEY)}],
        "budgetCents": 200,
        **over,
    }


def test_personal_connections() -> None:
    ada, mallory = make_person(), make_person()
    body = personal_body(ada)
    assert code(ada.call("POST", "/v1/connections", body)) == "reauth_required"
    item = data(ada.call("POST", "/v1/connections", body, elevated=True), 201)
    assert (item["app"], item["personal"], item["name"], item["status"]) == (None, True, "My laptop", "active")
    assert data(ada.call("POST", "/v1/connections", body, elevated=True), 200)["id"] == item["id"]
    assert code(ada.call("POST", "/v1/connections", {**body, "budgetCents": 300}, elevated=True)) == "conflict"
    assert code(mallory.call("POST", "/v1/connections", body, elevated=True)) == "conflict"
    stolen_hash = {**personal_body(ada), "accessTokenHash": body["accessTokenHash"]}
    assert code(ada.call("POST", "/v1/connections", stolen_hash, elevated=True)) == "conflict"
    assert Connection.objects.count() == 1


@pytest.mark.parametrize(
    "other", [{"limits": {"dailyCents": 50}}, {"limits": {}}, {"trial": True}, {"limits": {"dailyCents": 5, "models": ["x"]}}]
)
def test_a_repeat_with_other_terms_is_a_conflict(other: dict[str, Any]) -> None:
    ada = make_person()
    body = personal_body(ada, limits={"dailyCents": 5})
    data(ada.call("POST", "/v1/connections", body, elevated=True), 201)
    assert code(ada.call("POST", "/v1/connections", {**body, **other}, elevated=True)) == "conflict"
    data(ada.call("POST", "/v1/connections", body, elevated=True), 200)


def test_an_identical_trial_a_minute_later_is_a_repeat() -> None:
    with time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False) as clock:
        ada = make_person()
        for soon in ({}, {"limits": {"expiresAt": "2026-11-23T12:05:00Z"}}, {"limits": {"expiresAt": "2026-11-24T12:00:00Z"}}):
            body = personal_body(ada, trial=True, **soon)
            first = data(ada.call("POST", "/v1/connections", body, elevated=True), 201)
            clock.shift(60)
            assert data(ada.call("POST", "/v1/connections", body, elevated=True), 200)["limits"] == first["limits"]


def test_trial_connections_are_short_and_unlisted() -> None:
    ada = make_person()
    item = data(ada.call("POST", "/v1/connections", personal_body(ada, trial=True), elevated=True), 201)
    row = Connection.objects.get()
    assert row.expires_at is not None
    assert row.expires_at <= datetime.now(UTC) + timedelta(minutes=10)
    assert data(ada.call("GET", "/v1/connections"))["items"] == []
    assert data(ada.call("GET", f"/v1/connections/{item['id']}"))["status"] == "active"
    two = personal_body(ada, trial=True)
    two["sealedKeys"].append({**two["sealedKeys"][0], "provider": "openai"})
    assert code(ada.call("POST", "/v1/connections", two, elevated=True)) == "invalid_request"


def test_update_mode_changes_the_users_own_connection() -> None:
    ada, mallory, product = make_person(), make_person(), make_app(make_person().user)
    linked = make_connection(ada, product, budget_cents=100)
    session = open_session(product, connectionId=linked.connection.pk)
    body = {"linkToken": session["linkToken"], "connectionId": linked.connection.pk, "budgetCents": 900}
    assert code(mallory.call("POST", "/v1/link/authorize", body, elevated=True)) == "not_found"
    assert code(ada.call("POST", "/v1/link/authorize", body)) == "reauth_required"
    first = data(ada.call("POST", "/v1/link/authorize", body, elevated=True))
    assert data(ada.call("POST", "/v1/link/authorize", body, elevated=True)) == first
    assert code(ada.call("POST", "/v1/link/authorize", {**body, "budgetCents": 901}, elevated=True)) == "link_consumed"
    assert code(mallory.call("POST", "/v1/link/authorize", body, elevated=True)) == "not_found"
    row = Connection.objects.get()
    assert (row.budget_cents, row.status, row.access_token_hash) == (900, "active", linked.connection.access_token_hash)
    assert data(product.call("GET", f"/v1/link/sessions/{session['id']}"))["status"] == "authorized"


def test_update_mode_resumes_nothing() -> None:
    ada, product = make_person(), make_app(make_person().user)
    linked = make_connection(ada, product)
    data(ada.call("PATCH", path_of(linked), {"status": "paused"}))
    session = open_session(product, connectionId=linked.connection.pk)
    body = {"linkToken": session["linkToken"], "connectionId": linked.connection.pk, "status": "active"}
    data(ada.call("POST", "/v1/link/authorize", body, elevated=True))
    assert Connection.objects.get().status == "paused"
