"""The list of connections for as many as there may be, and everything about a single one."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import App
from accounts.services import activity
from linkflow.models import Connection, SealedKey
from linkflow.services import connections, expiry
from relay.core.ids import mint_id
from tests.factories import Linked, Person, make_connection, make_person
from tests.usage.test_rollups import _entry
from tests.web.browser import browser_of
from usage.models import Budget, LedgerEntry, Window
from usage.periods import periods_at

pytestmark = pytest.mark.django_db


def text_of(browser: Client, path: str) -> str:
    """A page that is there, as text."""
    response = browser.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def make_many(person: Person, count: int, **over: object) -> list[Connection]:
    """That many active connections of apps `App 0`, `App 1`, …, as rows alone."""
    now = datetime.now(UTC)
    owner = make_person().user
    apps = App.objects.bulk_create(
        App(id=mint_id("app"), owner=owner, client_id=mint_id("cid")[:40], secret_hash=b"x", name=f"App {number}", created_at=now)
        for number in range(count)
    )
    fields = {"user": person.user, "status": Connection.ACTIVE, "budget_cents": 500, **over}
    made = Connection.objects.bulk_create(
        Connection(id=mint_id("con"), app=app, created_at=now - timedelta(minutes=number), **fields) for number, app in enumerate(apps)
    )
    SealedKey.objects.bulk_create(SealedKey(connection=row, provider="openai", blob="x") for row in made)
    Budget.objects.bulk_create(Budget(subject_id=row.pk, user_id=person.user.pk, monthly_nanos=5_000_000_000) for row in made)
    return made


def shown_in(text: str) -> list[str]:
    """The names of the connections on a page of the list."""
    return re.findall(r'<a href="/connections/con_\w+"><bdi>([^<]*)</bdi></a>', text)


def test_a_thousand_connections_are_pages_of_twenty_in_as_many_queries_as_one() -> None:
    person = make_person()
    browser = browser_of(person.user)
    make_many(person, 1)
    browser.get("/connections")
    with CaptureQueriesContext(database) as few:
        text_of(browser, "/connections")
    make_many(person, 999)
    with CaptureQueriesContext(database) as many:
        first = text_of(browser, "/connections?status=live")
    assert len(many) == len(few) <= 8
    assert len(shown_in(first)) == 20
    assert "1–20 of 1,000" in first
    assert 'href="/connections?page=2" rel="next"' in first
    last = text_of(browser, "/connections?page=50")
    assert "981–1000 of 1,000" in last
    assert shown_in(text_of(browser, "/connections?page=999999")) == shown_in(last)


def test_search_and_states() -> None:
    person = make_person()
    browser = browser_of(person.user)
    rows = make_many(person, 12)
    rows[0].status = Connection.PAUSED
    rows[1].status = Connection.REVOKED
    rows[2].expires_at = timezone.now() - timedelta(seconds=1)
    Connection.objects.bulk_update(rows, ["status", "expires_at"])
    rows[3].sealed_keys.update(attention_code="key_invalid")
    assert len(shown_in(text_of(browser, "/connections"))) == 10
    assert shown_in(text_of(browser, "/connections?status=paused")) == ["App 0"]
    assert shown_in(text_of(browser, "/connections?status=attention")) == ["App 3"]
    assert shown_in(text_of(browser, "/connections?status=ended")) == ["App 1", "App 2"]
    assert shown_in(text_of(browser, "/connections?q=app+1")) == ["App 10", "App 11"]
    found = text_of(browser, "/connections?q=app+1&status=ended")
    assert shown_in(found) == ["App 1"]
    assert 'href="/connections?q=app+1"' in found
    nothing = text_of(browser, "/connections?q=zzz")
    assert "Nothing by that name" in nothing
    assert 'value="zzz"' in nothing


@pytest.mark.parametrize("query", ["?page=0", "?page=-1", "?page=x", "?page=²", "?status=x", "?q=%00", "?q=" + "a" * 500, "?page="])
def test_an_address_that_makes_no_sense_is_a_page_all_the_same(query: str) -> None:
    person = make_person()
    make_connection(person)
    text_of(browser_of(person.user), f"/connections{query}")


def detail(person: Person, linked: Linked, query: str = "") -> str:
    """The page of one connection."""
    return text_of(browser_of(person.user), f"/connections/{linked.connection.pk}{query}")


def test_somebody_elses_connection_looks_like_none() -> None:
    linked = make_connection(make_person())
    mallory = browser_of(make_person().user)
    for path in (f"/connections/{linked.connection.pk}", "/connections/con_0000000000000000000000", "/connections/con_%00"):
        assert mallory.get(path).status_code == 404
    Connection.objects.update(trial=True)
    assert browser_of(linked.connection.user).get(f"/connections/{linked.connection.pk}").status_code == 404
    assert Client().get(f"/connections/{linked.connection.pk}")["Location"].startswith("/signin?next=")


def test_a_connection_without_calls_shows_its_limits_and_what_will_be_here() -> None:
    linked = make_connection(
        person := make_person(),
        budget_cents=1250,
        daily_cents=300,
        requests_per_minute=60,
        allowed_models=["sandbox-small", "b"],
        expires_at=datetime(2099, 5, 6, 7, tzinfo=UTC),
    )
    text = detail(person, linked)
    for value in ('value="12.50"', 'value="3.00"', 'value="60"', ">sandbox-small\nb</textarea>", 'value="2099-05-06"'):
        assert value in text
    assert "used today" in text
    assert "No calls yet" in text
    assert "No calls in 30 days" in text
    assert "<usage-chart" not in text
    assert '"expiresAt": "2099-05-06T07:00:00Z"' in text


def test_calls_are_told_in_words_and_by_pages() -> None:
    linked = make_connection(person := make_person())
    mine = {"user_id": person.user.pk, "connection_id": linked.connection.pk}
    now = datetime.now(UTC)
    for row in range(51):
        _entry(now - timedelta(seconds=row), 123_456, **mine, request_id=f"req_number_{row:02d}", latency_ms=1240, usage_source="estimated")
    _entry(now - timedelta(hours=1), 0, **mine, request_id="req_failed", http_status=None, error_code="provider_timeout", model="<b>x")
    _entry(now, 5, user_id=person.user.pk, connection_id=mint_id("con"), request_id="req_of_another")
    text = detail(person, linked)
    assert text.count("req_number_") == 50
    assert "$0.0002" in text
    assert "1.2 s" in text
    assert "Estimated: the provider did not say" in text
    assert "<usage-chart" in text
    assert "req_of_another" not in text
    older = re.search(r'\?(before=[^"#]+)#calls"', text)
    assert older is not None
    second = detail(person, linked, f"?{older[1]}")
    assert "req_number_50" in second
    assert 'href="/docs/errors#provider_timeout"' in second
    assert "No answer" in second
    assert "&lt;b&gt;x" in second
    newer = re.search(r'\?(after=[^"#]+)#calls"', second)
    assert newer is not None
    assert detail(person, linked, f"?{newer[1]}").count("req_number_") == 50
    failed = detail(person, linked, "?errors=1")
    assert "req_failed" in failed
    assert "req_number_" not in failed
    assert detail(person, linked, "?before=nonsense&by=colour").count("req_number_") == 50
    assert '"name": "sandbox-small"' in detail(person, linked, "?by=model")
    assert '"name": "Sandbox"' in text


def test_the_page_takes_as_many_queries_for_many_calls_as_for_few() -> None:
    linked = make_connection(person := make_person(), daily_cents=5)
    browser = browser_of(person.user)
    path = f"/connections/{linked.connection.pk}"
    _entry(datetime.now(UTC), user_id=person.user.pk, connection_id=linked.connection.pk)
    browser.get(path)
    with CaptureQueriesContext(database) as few:
        browser.get(path)
    row = LedgerEntry.objects.get(connection_id=linked.connection.pk)
    rows = [LedgerEntry(**{**_columns(row), "hold_id": mint_id("hld")}) for _ in range(300)]
    LedgerEntry.objects.bulk_create(rows)
    with CaptureQueriesContext(database) as many:
        browser.get(path)
    assert len(many) == len(few) <= 14


def _columns(entry: LedgerEntry) -> dict[str, object]:
    return {field.attname: getattr(entry, field.attname) for field in entry._meta.concrete_fields}


def test_what_was_done_to_it_is_told_and_nothing_of_others() -> None:
    linked = make_connection(person := make_person())
    now = timezone.now()
    activity.record(person.user, "connection_paused", now, session=person.session, subject="Chat", subject_id=linked.connection.pk)
    activity.record(person.user, "connection_revoked", now, subject="Other", subject_id=mint_id("con"))
    text = detail(person, linked)
    assert "Chat was paused" in text
    assert "Other was revoked" not in text


@pytest.mark.parametrize("state", ["revoked", "expired"])
def test_what_has_ended_keeps_its_history_and_offers_no_change(state: str) -> None:
    linked = make_connection(person := make_person(), daily_cents=100)
    _entry(datetime.now(UTC), user_id=person.user.pk, connection_id=linked.connection.pk, request_id="req_before_the_end")
    if state == "revoked":
        connections.revoke(person.user, linked.connection.pk, timezone.now())
    else:
        Connection.objects.update(expires_at=timezone.now() - timedelta(days=1))
        expiry.expire(timezone.now())
    text = detail(person, linked)
    assert "This connection has ended." in text
    assert "req_before_the_end" in text
    assert "At most $1.00 a day" in text
    for absent in ('id="limits-form"', 'data-action="revoke"', 'data-action="pause"', 'data-action="add-provider"', "used today"):
        assert absent not in text


def test_trouble_is_told_with_what_mends_it() -> None:
    linked = make_connection(person := make_person(), budget_cents=100)
    SealedKey.objects.update(attention_code="key_quota_exhausted")
    Window.objects.filter(subject_id=linked.connection.pk, starts_on=periods_at(datetime.now(UTC)).month_on).update(spent_nanos=10**9)
    text = detail(person, linked)
    assert "Sandbox says that the key’s account has nothing left." in text
    assert 'href="/keys#key-sandbox"' in text
    assert 'data-action="reseal" data-provider="sandbox"' in text
    assert "The budget is used up." in text


def test_a_connection_of_a_deleted_app_is_gone() -> None:
    linked = make_connection(person := make_person())
    App.objects.filter(pk=linked.connection.app_id).delete()
    assert browser_of(person.user).get(f"/connections/{linked.connection.pk}").status_code == 404
    assert shown_in(text_of(browser_of(person.user), "/connections")) == []
