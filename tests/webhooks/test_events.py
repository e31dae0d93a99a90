"""What happens to connections and link sessions, as their app is told of it; every body is of its type in the spec."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest
from django.db import transaction

from accounts.models import App
from linkflow.models import Connection, LinkSession, SealedKey
from linkflow.services import app_end, connections, expiry, notices, reseal, sessions
from linkflow.services.connections import Change
from tests.accounts.account_life import delete_body
from tests.factories import Linked, Person, Product, make_app, make_connection, make_person
from tests.linkflow.test_account_end import delete
from tests.webhooks.test_spec import EVENTS
from usage.models import Window
from webhooks.models import Counter, Endpoint, Event
from webhooks.services import delivery, endpoints, retention

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TYPES = {event["type"]: event for event in EVENTS["events"]}
URL = "https://hooks.example/1relay"
KEYS = {"openai": "sk-" + "proj-0123456789abcdef", "sandbox": "sandbox-key-" + "works"}


@pytest.fixture
def ada() -> Person:
    return make_person(now=NOW)


@pytest.fixture
def chat() -> Product:
    return make_app(make_person(now=NOW).user, webhook_url=URL)


def news(connection_id: str = "") -> list[dict[str, Any]]:
    """The events so far, of one connection or all, each held against the spec; numbers have no gap."""
    found = []
    rows = Event.objects.order_by("connection_id", "sequence", "created_at", "pk")
    for row in rows.filter(connection_id=connection_id) if connection_id else rows:
        body = json.loads(row.body)
        assert (body["type"], row.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")) == (row.type, body["timestamp"])
        jsonschema.validate(body["data"], TYPES[row.type]["data"], cls=jsonschema.Draft202012Validator)
        assert set(body["data"]) == set(TYPES[row.type]["data"]["required"])
        found.append(body["data"] | {"type": row.type})
    if connection_id:
        assert [one["sequence"] for one in found] == list(range(1, len(found) + 1))
    return found


def types(connection_id: str = "") -> list[str]:
    return [one["type"] for one in news(connection_id)]


def linked_by(person: Person, app: Product, **over: Any) -> Linked:
    return make_connection(person, app, now=NOW, **{"keys": KEYS, **over})


def fail(connection_id: str, provider: str, code: str) -> None:
    """As proxy calls note it."""
    SealedKey.objects.filter(connection=connection_id, provider=provider).update(
        attention_code=code, attention_at=NOW, attention_told_at=None
    )


def test_a_connection_is_told_of_from_its_approval_to_its_end(ada: Person, chat: Product) -> None:
    linked = linked_by(ada, chat)
    pk = linked.connection.pk
    finished, created = news(pk)
    assert (finished["type"], finished["outcome"], finished["update"]) == ("link.session_finished", "authorized", False)
    assert (created["type"], created["status"], created["providers"]) == ("connection.created", "active", ["openai", "sandbox"])
    assert created["linkSessionId"] == finished["linkSessionId"]

    def change(**wanted: Any) -> None:
        connections.change(ada.user, pk, Change(**wanted), NOW, elevated=True)

    change(budget_cents=300, limits={"concurrency": 2})
    change(budget_cents=300)  # changes nothing
    change(status="paused")
    change(status="active")
    change(remove_providers=frozenset({"openai"}))
    assert [one["changed"] for one in news(pk)[2:]] == [["budgetCents", "limits"], ["status"], ["status"], ["providers"]]
    assert (news(pk)[2]["budgetCents"], news(pk)[2]["limits"]) == (300, {"concurrency": 2})
    connections.revoke(ada.user, pk, NOW)
    connections.revoke(ada.user, pk, NOW)
    assert types(pk)[-1] == "connection.revoked"
    assert news(pk)[-1]["reason"] == "user"
    assert len(news(pk)) == 7
    assert Counter.objects.get(pk=pk).ended_at == NOW
    everything = "".join(Event.objects.values_list("body", flat=True))
    for secret in (linked.access_token, linked.public_token, ada.user.pk, ada.user.email, *KEYS.values()):
        assert secret not in everything


@pytest.mark.parametrize(
    ("code", "told"),
    [("key_invalid", ["connection.needs_attention", "key.invalid"]), ("key_quota_exhausted", ["connection.needs_attention"])],
)
def test_failing_keys_are_told_once_a_connection_and_so_is_their_repair(ada: Person, chat: Product, code: str, told: list[str]) -> None:
    other = make_app(make_person(now=NOW).user, webhook_url=URL)
    mine, theirs = linked_by(ada, chat), linked_by(ada, other)
    for linked in (mine, theirs):
        fail(linked.connection.pk, "openai", code)
        notices.tell_of_failing_keys(NOW)
        notices.tell_of_failing_keys(NOW)
        assert types(linked.connection.pk)[2:] == told
    blob = SealedKey.objects.filter(connection=mine.connection, provider="openai").get().blob
    connections.change(ada.user, mine.connection.pk, Change(sealed_keys={"openai": blob}, owner_grant="x" * 60), NOW, elevated=True)
    assert types(mine.connection.pk)[2:] == [*told, "connection.repaired"]
    fail(mine.connection.pk, "openai", code)
    with transaction.atomic():
        reseal.replace(ada.user, "openai", {mine.connection.pk: blob}, frozenset({theirs.connection.pk}), NOW)
    assert types(mine.connection.pk)[-1] == "connection.repaired"
    assert types(theirs.connection.pk)[-2:] == ["connection.updated", "connection.repaired"]


def test_budgets_are_told_at_80_at_100_and_when_they_begin_anew(ada: Person, chat: Product) -> None:
    linked = linked_by(ada, chat, budget_cents=100)
    pk = linked.connection.pk
    window = Window.objects.filter(subject_id=pk, kind=Window.MONTH)

    def spend(cents: int, now: datetime = NOW) -> None:
        window.filter(starts_on=now.date().replace(day=1)).update(spent_nanos=cents * 10_000_000)
        notices.tell_of_budgets(now)
        notices.tell_of_budgets(now)
        notices.tell_of_new_months(now)

    spend(79)
    assert len(news(pk)) == 2
    spend(80)
    spend(100)
    threshold, exhausted = news(pk)[2:]
    assert (threshold["type"], threshold["percent"], threshold["spentMicros"]) == ("budget.threshold_reached", 80, 800_000)
    assert (exhausted["type"], exhausted["percent"], exhausted["budgetCents"]) == ("budget.exhausted", 100, 100)
    december = datetime(2026, 12, 1, 0, 0, 30, tzinfo=UTC)
    for _ in range(2):
        notices.tell_of_new_months(december)
    assert types(pk)[4:] == ["budget.reset"]
    assert (news(pk)[4]["spentMicros"], news(pk)[4]["period"]["start"]) == (0, "2026-12-01T00:00:00Z")
    notices.tell_of_new_months(datetime(2027, 1, 1, 0, 1, tzinfo=UTC))
    assert len(news(pk)) == 5, "December reached nothing"


def test_link_sessions_end_in_three_ways(ada: Person, chat: Product) -> None:
    asked = {"requested_providers": ["sandbox"], "client_user_id": "visitor-1"}
    left = sessions.open_session(chat.app, asked, NOW).session
    sessions.record_event(left, "EXIT", NOW)
    sessions.record_event(left, "EXIT", NOW)
    over = sessions.open_session(chat.app, asked, NOW).session
    late = NOW + sessions.LIFETIME
    assert (sessions.expire(late - timedelta(seconds=1)), sessions.expire(late), sessions.expire(late)) == (0, 1, 0)
    assert LinkSession.objects.get(pk=over.pk).status_at(late) == "expired"
    exited, expired = news()
    for one, session, outcome in ((exited, left, "exited"), (expired, over, "expired")):
        assert one == {
            "type": "link.session_finished", "linkSessionId": session.pk, "outcome": outcome, "update": False,
            "connectionId": None, "sequence": None, "clientUserId": "visitor-1",
        }  # fmt: skip
    linked = linked_by(ada, chat)
    update = sessions.open_session(chat.app, {"requested_providers": ["sandbox"], "connection_id": linked.connection.pk}, NOW).session
    sessions.record_event(update, "EXIT", NOW)
    assert news(linked.connection.pk)[-1] | {"update": True, "outcome": "exited"} == news(linked.connection.pk)[-1]


def test_connections_end_by_clock_app_and_last_key(ada: Person, chat: Product) -> None:
    clock = linked_by(ada, chat, expires_at=NOW + timedelta(hours=1)).connection.pk
    by_app, keyless = linked_by(ada, chat).connection.pk, linked_by(ada, chat, keys={"openai": KEYS["openai"]}).connection.pk
    expiry.expire(NOW + timedelta(hours=1))
    connections.revoke(chat.app, by_app, NOW)
    with transaction.atomic():
        reseal.remove(ada.user, "openai", NOW)
    assert [news(pk)[-1]["type"] for pk in (clock, by_app, keyless)] == ["connection.expired", "connection.revoked", "connection.revoked"]
    assert [news(pk)[-1].get("reason") for pk in (by_app, keyless)] == ["app", "no_key_left"]
    assert news(keyless)[-1] | {"status": "revoked", "providers": []} == news(keyless)[-1]


def test_an_app_that_is_deleted_is_still_told_so_at_its_last_address(ada: Person, hook: Any) -> None:
    bob = make_person(now=NOW)
    chat = make_app(bob.user, webhook_url=hook.url)
    endpoints.rotate_secret(chat.app, immediately=False, now=NOW)
    pk = linked_by(ada, chat).connection.pk
    app_end.end_app(chat.app, NOW)
    assert not App.objects.exists()
    assert (types(pk)[-1], news(pk)[-1]["reason"]) == ("connection.revoked", "app_deleted")
    assert delivery.deliver_due(NOW + timedelta(seconds=1)) == len(hook.got) == 3
    retention.sweep(NOW)
    assert not Endpoint.objects.exists()


def test_the_end_of_an_account_ends_connections_of_others_apps(ada: Person, chat: Product) -> None:
    ada = make_person()
    own = make_app(ada.user, webhook_url=URL)
    theirs, mine = make_connection(ada, chat).connection.pk, make_connection(make_person(), own).connection.pk
    assert delete(ada, delete_body(ada)).status_code == 200
    assert (types(theirs)[-1], news(theirs)[-1]["reason"]) == ("connection.revoked", "user")
    assert (types(mine)[-1], news(mine)[-1]["reason"]) == ("connection.revoked", "app_deleted")
    assert ada.user.pk not in "".join(Event.objects.values_list("body", flat=True))


def test_nobody_is_told_of_personal_connections_of_approvals_not_picked_up_or_without_an_address(ada: Person, chat: Product) -> None:
    silent = make_app(chat.app.owner)
    quiet = linked_by(ada, silent).connection
    assert news() == []
    App.objects.filter(pk=silent.app.pk).update(webhook_url=URL)
    connections.change(ada.user, quiet.pk, Change(status="paused"), NOW, elevated=True)
    assert [one["sequence"] for one in news(quiet.pk)] == [1]
    Event.objects.all().delete()
    pending = linked_by(ada, chat).connection
    Event.objects.all().delete()
    Connection.objects.filter(pk=pending.pk).update(status="pending", public_token_expires_at=NOW)
    expiry.expire(NOW + timedelta(minutes=1))
    assert not Connection.objects.filter(pk=pending.pk).exists()
    assert news() == []


def test_nobody_is_told_of_keys_taken_from_an_approval_not_picked_up(ada: Person, chat: Product) -> None:
    pending = make_connection(ada, chat, keys=KEYS, now=NOW).connection
    Connection.objects.filter(pk=pending.pk).update(status="pending", public_token_expires_at=NOW)
    Event.objects.all().delete()
    with transaction.atomic():
        reseal.remove(ada.user, "openai", NOW)
    assert list(SealedKey.objects.filter(connection=pending.pk).values_list("provider", flat=True)) == ["sandbox"]
    with transaction.atomic():
        reseal.remove(ada.user, "sandbox", NOW)
    assert not Connection.objects.filter(pk=pending.pk).exists()
    assert news() == []


def test_a_deed_that_is_taken_back_leaves_no_event(ada: Person, chat: Product) -> None:
    linked = linked_by(ada, chat)
    with transaction.atomic():
        connections.revoke(ada.user, linked.connection.pk, NOW)
        assert len(news(linked.connection.pk)) == 3
        transaction.set_rollback(True)
    assert len(news(linked.connection.pk)) == 2
    connections.revoke(ada.user, linked.connection.pk, NOW)
    assert len(news(linked.connection.pk)) == 3
