"""/activity: the person's log in words, by day, filtered and paged; and the page a mailed link opens."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.activity_words import SENTENCES
from accounts.models import Activity, User
from accounts.services import activity
from relay.core.ids import mint_id
from tests.factories import Person, make_person
from tests.web.browser import browser_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def page(person: Person, query: str = "") -> str:
    response = browser_of(person.user).get(f"/activity{query}")
    assert response.status_code == 200
    return response.content.decode()


def fill(person: Person, count: int, kind: str = "signed_in") -> None:
    """As many rows, a minute apart, every third at the same moment as the one before."""
    at = [NOW - timedelta(minutes=number - (number % 3 == 2)) for number in range(count)]
    Activity.objects.bulk_create(
        Activity(id=mint_id("act"), user=person.user, at=when, kind=kind, subject=f"n{number}") for number, when in enumerate(at)
    )


def test_every_kind_has_a_sentence() -> None:
    assert SENTENCES.keys() == activity.KINDS.keys()


def test_it_tells_what_was_done_by_day() -> None:
    ada = make_person(now=NOW)
    ada.session.user_agent = "Mozilla/5.0 (Windows NT 10.0; rv:132.0) Gecko/20100101 Firefox/132.0"
    record = activity.record
    record(ada.user, "key_added", NOW - timedelta(days=400), session=ada.session, subject="OpenAI", subject_id="key_x")
    record(ada.user, "registered", NOW - timedelta(days=1), session=ada.session)
    record(ada.user, "cap_changed", NOW - timedelta(days=3), session=ada.session, subject="$25 a month")
    approved = {"subject": "Tern <b>", "subject_id": "con_0000000000000000000000", "detail": "OpenAI · $5 a month"}
    record(ada.user, "connection_approved", NOW, session=ada.session, **approved)
    with time_machine.travel(NOW, tick=False):
        text = page(ada)
    titles = re.findall(r'<h2 class="activity-day__title"[^>]*>([^<]+)<', text)
    assert titles == ["Today", "Yesterday", "Friday 20 November", "19 October 2025"]
    assert "Tern &lt;b&gt; was approved" in text
    assert "OpenAI · $5 a month" in text
    assert "$25 a month" in text
    assert "Firefox on Windows" in text
    assert 'href="/connections/con_0000000000000000000000"' in text
    assert '<time class="numbers" datetime="2026-11-23T12:00:00Z">12:00</time>' in text


def test_somebody_elses_activity_is_not_there() -> None:
    ada, mallory = make_person(), make_person()
    activity.record(ada.user, "key_added", NOW, subject="OpenAI")
    assert "OpenAI" not in page(mallory)
    assert mallory.call("GET", "/v1/activity").json()["data"] == {"items": [], "nextCursor": None}


@pytest.mark.parametrize("group", sorted(activity.GROUPS))
def test_a_filter_shows_its_kinds_alone(group: str) -> None:
    ada = make_person()
    for kind in activity.KINDS:
        activity.record(ada.user, kind, NOW, subject=f"<{kind}>")
    shown = page(ada, f"?group={group}")
    assert len(re.findall(r'<li class="activity__line', shown)) == len(activity.GROUPS[group])
    assert re.search(rf'href="/activity\?group={group}" aria-current="page"', shown)
    items = ada.call("GET", f"/v1/activity?group={group}").json()["data"]["items"]
    assert {item["kind"] for item in items} == activity.GROUPS[group]


@pytest.mark.parametrize("query", ["?group=all", "?before=x", "?after=%00", "?group=keys&before=AAAA"])
def test_addresses_that_mean_nothing_are_not_found(query: str) -> None:
    assert browser_of(make_person().user).get(f"/activity{query}").status_code == 404


def test_pages_show_each_row_once_both_ways() -> None:
    ada = make_person()
    fill(ada, 120)
    browser, address = browser_of(ada.user), "/activity?group=security"
    seen: list[str] = []
    sizes: list[int] = []
    while address:
        text = browser.get(address).content.decode()
        ids = re.findall(r'<li class="activity__line[^"]*" id="(act_[^"]+)"', text)
        seen, sizes = seen + ids, [*sizes, len(ids)]
        address, last = _link(text, "next"), address
    assert sizes == [50, 50, 20]
    assert len(set(seen)) == 120
    back: list[str] = []
    address = last
    while address:
        text = browser.get(address).content.decode()
        back = re.findall(r'<li class="activity__line[^"]*" id="(act_[^"]+)"', text) + back
        address = _link(text, "prev")
    assert back == seen


def _link(text: str, rel: str) -> str:
    found = re.search(rf'<a [^>]*href="([^"]+)" rel="{rel}"', text)
    return found[1].replace("&amp;", "&") if found else ""


def test_the_api_pages_too() -> None:
    ada = make_person()
    fill(ada, 7)
    first = ada.call("GET", "/v1/activity?limit=5").json()["data"]
    second = ada.call("GET", f"/v1/activity?limit=5&cursor={first['nextCursor']}").json()["data"]
    assert (len(first["items"]), len(second["items"]), second["nextCursor"]) == (5, 2, None)
    assert first["items"][0].keys() == {"id", "kind", "at", "sessionId", "device", "subject", "subjectId", "detail"}
    assert ada.call("GET", "/v1/activity?group=all").status_code == 400


def test_an_empty_log_says_so() -> None:
    assert "Nothing has happened yet" in page(make_person())
    assert "Nothing of this kind yet" in page(make_person(), "?group=keys")


def test_a_long_log_takes_no_more_queries_than_a_short_one() -> None:
    ada = make_person()
    fill(ada, 5000)
    browser = browser_of(ada.user)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        browser.get("/activity")
    assert len(asked) == 2  # the session, the rows


def test_the_banner_is_there_until_the_address_is_confirmed() -> None:
    ada = make_person()
    for path in ("/overview", "/security"):
        assert 'data-action="send-verification"' in browser_of(ada.user).get(path).content.decode()
    User.objects.filter(pk=ada.user.pk).update(email_verified_at=NOW)
    for path in ("/overview", "/security"):
        assert "send-verification" not in browser_of(ada.user).get(path).content.decode()


def test_a_mailed_link_opens_for_everybody_and_its_page_knows_no_token() -> None:
    for browser in (Client(), browser_of(make_person().user)):
        response = browser.get("/verify-email")
        assert response.status_code == 200
        assert response["Referrer-Policy"] == "no-referrer"
        assert "dist/verify-email.js" in response.content.decode()
