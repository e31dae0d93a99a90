"""The pages of one developer's app: what they show, to whom, from how many queries."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from linkflow.developer_pages import USAGE_FILES
from linkflow.models import Connection
from relay.core.ids import mint_id
from tests.factories import Person, Product, make_app, make_connection, make_person, make_png
from tests.linkflow.helpers import open_session
from tests.usage.test_rollups import _entry
from tests.web.browser import browser_of
from usage import app_usage, request_log, rollups
from usage.models import Rollup

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
ENDS = ("", "/quickstart", "/quickstart/progress", "/connections", "/usage", "/usage.csv", "/requests", "/settings")


def page(person: Person, path: str, **query: str) -> str:
    """The text of a page as this person gets it."""
    response = browser_of(person.user).get(path, query)
    assert response.status_code == 200
    return response.content.decode()


def file_of(response: Any) -> list[list[dict[str, str]]]:
    """The lines of a streamed usage file, in the parts they were written in."""

    async def read() -> list[bytes]:
        return [part async for part in response.streaming_content]

    head, *parts = [part.decode() for part in async_to_sync(read)()]
    return [list(csv.DictReader(io.StringIO(head + part))) for part in parts]


def call_of(product: Product, at: datetime = NOW, **over: Any) -> str:
    """An ended call of the app; answers its request id."""
    request_id = over.pop("request_id", None) or mint_id("req")
    _entry(at, over.pop("cost", 20_000_000), app_id=product.app.pk, request_id=request_id, **over)
    return str(request_id)


@pytest.mark.parametrize("end", ENDS)
def test_an_app_is_its_owners_alone(end: str) -> None:
    bob, mallory = make_person(), make_person()
    product = make_app(bob.user, name="Lantern")
    path = f"/apps/{product.app.pk}{end}"
    assert browser_of(bob.user).get(path).status_code == 200
    theirs, missing = browser_of(mallory.user).get(path), browser_of(mallory.user).get(f"/apps/app_0000000000000000000000{end}")
    assert (theirs.status_code, missing.status_code) == (404, 404)
    assert "Lantern" not in theirs.content.decode()
    assert Client().get(path)["Location"].startswith("/signin?next=")
    assert browser_of(bob.user).post(path).status_code == 405


def test_every_tab_is_reached_from_every_other() -> None:
    bob = make_person()
    path = f"/apps/{make_app(bob.user).app.pk}"
    tabs = ("", "/quickstart", "/connections", "/usage", "/requests", "/settings")
    for here in tabs:
        text = page(bob, path + here)
        assert [end for end in tabs if f'href="{path}{end}"' in text] == list(tabs)
        assert re.findall(rf'<a href="{path}([^"]*)" aria-current="page"', text) == [here]


def test_the_overview_shows_the_funnel_and_where_people_left() -> None:
    bob = make_person()
    product = make_app(bob.user)
    path = f"/apps/{product.app.pk}"
    assert "No link sessions yet" in page(bob, path)
    assert "Make your first call" in page(bob, path)
    used = make_connection(product=product)
    call_of(product, connection_id=used.connection.pk)
    text = page(bob, path)
    assert "Make your first call" not in text
    assert re.search(r'id="stage-called">First call</span><span class="numbers"><strong>1</strong>', text)
    assert "$0.02" in text


def test_the_quick_start_carries_the_apps_own_id_and_the_relays_address() -> None:
    bob = make_person()
    product = make_app(
        bob.user, allowed_origins=["https://chat.example", "http://127.0.0.1:5000"], redirect_uris=["https://chat.example/b?c='"]
    )
    path = f"/apps/{product.app.pk}/quickstart"
    for language in ("node", "python", "curl"):
        text = page(bob, path, language=language)
        assert product.app.client_id in text
        assert "http://localhost:8000" in text
        assert "{{" not in text
    assert "listen(5000" in page(bob, path)
    assert "(&quot;127.0.0.1&quot;, 5000)" in page(bob, path, language="python")
    assert "not among its allowed origins" not in page(bob, path)
    assert "not among its allowed origins" in page(
        bob, f"/apps/{make_app(bob.user, allowed_origins=['https://a.example']).app.pk}/quickstart"
    )


def test_steps_tick_as_the_server_sees_them() -> None:
    bob = make_person()
    product = make_app(bob.user)
    path = f"/apps/{product.app.pk}/quickstart"

    def seen() -> dict[str, bool]:
        told: dict[str, bool] = browser_of(bob.user).get(f"{path}/progress").json()
        assert page(bob, path).count("data-done") == sum(told.values())
        return told

    assert seen() == {"opened": False, "exchanged": False, "called": False}
    open_session(product)
    assert seen() == {"opened": True, "exchanged": False, "called": False}
    linked = make_connection(product=product)
    assert seen() == {"opened": True, "exchanged": True, "called": False}
    call_of(product, connection_id=linked.connection.pk)
    assert seen() == {"opened": True, "exchanged": True, "called": True}


def test_connections_are_pseudonymous() -> None:
    bob, ada = make_person(), make_person("ada-the-person@example.com")
    product = make_app(bob.user)
    linked = make_connection(ada, product, budget_cents=1250)
    Connection.objects.filter(pk=linked.connection.pk).update(client_user_id="visitor-7")
    other = make_connection(make_person(), make_app(bob.user))
    path = f"/apps/{product.app.pk}/connections"
    text = page(bob, path)
    for shown in (linked.connection.pk, "visitor-7", "$12.50", "Active", "Sandbox"):
        assert shown in text
    for end in ("", "/connections", "/usage", "/requests"):
        assert ada.user.pk not in page(bob, f"/apps/{product.app.pk}{end}")
        assert ada.user.email not in page(bob, f"/apps/{product.app.pk}{end}")
    assert other.connection.pk not in text
    assert linked.connection.pk in page(bob, path, q=" visitor-7 ")
    assert linked.connection.pk in page(bob, path, q=linked.connection.pk)
    assert "Nothing found" in page(bob, path, q="visitor")
    assert "Nothing found" in page(bob, path, q=other.connection.pk)


def test_a_call_is_found_by_its_request_id_by_its_own_app_alone() -> None:
    bob, mallory = make_person(), make_person()
    product, others = make_app(bob.user), make_app(mallory.user)
    request_id = call_of(product, model="sandbox-large", http_status=503, error_code="provider_unreachable")
    call_of(product)
    path = f"/apps/{product.app.pk}/requests"
    text = page(bob, path, request=request_id)
    for shown in (request_id, "sandbox-large", "503", 'href="/docs/errors#provider_unreachable"', "$0.02"):
        assert shown in text
    assert text.count('<code class="small">req_') == 1
    assert "No call of this app has that request id" in page(mallory, f"/apps/{others.app.pk}/requests", request=request_id)
    assert "No call of this app" in page(bob, path, request="req_\0")
    assert page(bob, path, errors="1").count('<code class="small">') == 1


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by what the table holds")
def test_a_request_id_is_sought_and_not_searched_for() -> None:
    assert "ledger_by_request" in request_log.by_request_id("app_a", "req_a").explain()


def test_requests_are_paged_by_place() -> None:
    bob = make_person()
    product = make_app(bob.user)
    ids = [call_of(product, NOW - timedelta(seconds=number)) for number in range(60)]
    path = f"/apps/{product.app.pk}/requests"
    first = page(bob, path)
    assert re.findall(r'<code class="small">(req_\w+)', first) == ids[:50]
    older = re.search(r'href="\?(before=[^"]+)" rel="next"', first)
    assert older is not None
    second = browser_of(bob.user).get(f"{path}?{older[1]}").content.decode()
    assert re.findall(r'<code class="small">(req_\w+)', second) == ids[50:]
    newer = re.search(r'href="\?(after=[^"]+)" rel="prev"', second)
    assert newer is not None
    assert re.findall(r'<code class="small">(req_\w+)', browser_of(bob.user).get(f"{path}?{newer[1]}").content.decode()) == ids[:50]
    assert re.findall(r'<code class="small">(req_\w+)', page(bob, path, before="nonsense")) == ids[:50]


# The file gives its connection back after every part.
@pytest.mark.django_db(transaction=True)
def test_usage_is_summed_and_downloaded() -> None:
    bob = make_person()
    product, other = make_app(bob.user), make_app(bob.user)
    connection_id = mint_id("con")
    call_of(product, connection_id=connection_id)
    call_of(product, NOW - timedelta(days=3), connection_id=connection_id, model="=HYPERLINK(1)", http_status=500)
    call_of(product, NOW - timedelta(days=40), connection_id=connection_id)
    call_of(other)
    path = f"/apps/{product.app.pk}/usage"
    text = page(bob, path)
    assert "$0.04" in text
    assert "1 failed" in text
    assert connection_id in text
    assert "$0.06" in page(bob, path, days="90")
    response = browser_of(bob.user).get(f"{path}.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith("attachment; ")
    rows = [row for part in file_of(response) for row in part]
    assert [(row["day"], row["provider"], row["model"], row["connection"]) for row in rows] == [
        (str((NOW - timedelta(days=3)).date()), "sandbox", "'=HYPERLINK(1)", connection_id),
        (str(NOW.date()), "sandbox", "sandbox-small", connection_id),
    ]
    assert [(row["requests"], row["errors"], row["input_tokens"], row["cost_micros"]) for row in rows] == [
        ("1", "1", "10", "20000"),
        ("1", "0", "10", "20000"),
    ]


@pytest.mark.django_db(transaction=True)
def test_a_usage_file_is_read_a_page_of_one_day_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_usage, "CHUNK_ROWS", 4)
    bob = make_person()
    product = make_app(bob.user)
    # A day that is final and today, each with three connections, two providers and two models: 12 lines of 2 calls.
    of_a_day = sorted((provider, model, f"con_{of}") for provider in ("a", "b") for model in ("x", "y") for of in (1, 2, 3))
    for days in (3, 0):
        for provider, model, connection_id in of_a_day * 2:
            call_of(product, NOW - timedelta(days=days), provider=provider, model=model, connection_id=connection_id)
    rollups.catch_up(Rollup.DAY, NOW)
    Rollup.objects.filter(provider="b").update(requests=5)
    with CaptureQueriesContext(connection) as queries:
        parts = file_of(browser_of(bob.user).get(f"/apps/{product.app.pk}/usage.csv", {"days": "7"}))
    assert [len(part) for part in parts] == [4] * 6
    lines = [(row["day"], row["provider"], row["model"], row["connection"]) for part in parts for row in part]
    assert lines == [(str((NOW - timedelta(days=days)).date()), *line) for days in (3, 0) for line in of_a_day]
    assert [row["requests"] for part in parts for row in part] == ["2"] * 6 + ["5"] * 6 + ["2"] * 12, "a final day’s are its rollups"
    reads = [query["sql"] for query in queries if "SUM(" in query["sql"]]
    assert all("LIMIT 4" in sql and "OFFSET" not in sql for sql in reads)


def test_usage_files_are_limited_and_the_refusal_is_a_page() -> None:
    bob = make_person()
    path = f"/apps/{make_app(bob.user).app.pk}/usage.csv"
    browser = browser_of(bob.user)
    answers = [browser.get(path) for _ in range(2 * USAGE_FILES.count + 1)]  # at most two windows
    refused = next(answer for answer in answers if answer.status_code != 200)
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= USAGE_FILES.seconds
    assert refused["Cache-Control"] == "no-store"
    text = refused.content.decode()
    assert re.search(r"Wait \d+ (seconds?|minutes), then try again", text)
    assert "Open your dashboard" in text


def test_the_settings_show_what_is_verified_lost_and_overlapping() -> None:
    bob = make_person()
    origins = ["https://one.example", "https://two.example", "https://three.example", "http://localhost:3000"]
    product = make_app(
        bob.user, allowed_origins=origins, verified_origins=origins[:1], lost_origins=origins[1:2], verified_at=NOW, test_mode=True
    )
    path = f"/apps/{product.app.pk}/settings"
    text = page(bob, path)
    assert re.findall(r'<span class="chip[^"]*">(Verified|Lost|Not verified|Local)</span>', text) == [
        "Verified",
        "Lost",
        "Not verified",
        "Local",
    ]
    assert "Turn test mode off" in text
    assert "Test mode</span>" in page(bob, "/apps")
    assert "stop-secret" not in text
    bob.call("POST", f"/v1/apps/{product.app.pk}/rotate-secret", {}, elevated=True)
    assert "The previous secret works until" in page(bob, path)
    product.app.logo = make_png(64, 64)
    assert "Remove the logo" not in text


def test_names_that_callers_choose_are_text() -> None:
    bob = make_person()
    product = make_app(bob.user)
    linked = make_connection(product=product)
    Connection.objects.filter(pk=linked.connection.pk).update(client_user_id="<script>alert(1)</script>")
    call_of(product, connection_id=linked.connection.pk, model="</script><script>alert(1)</script>", request_id="<b>")
    for end in ("", "/connections", "/usage", "/requests"):
        assert "<script>alert" not in page(bob, f"/apps/{product.app.pk}{end}")


QUERIES = {"": 9, "/quickstart": 3, "/quickstart/progress": 3, "/connections": 7, "/usage": 8, "/requests": 3, "/settings": 2}


@pytest.mark.parametrize(("end", "count"), QUERIES.items(), ids=[end or "overview" for end in QUERIES])
def test_as_many_queries_whatever_is_shown(end: str, count: int, django_assert_num_queries: Any) -> None:
    bob = make_person()
    product = make_app(bob.user)
    for _ in range(6):
        linked = make_connection(product=product)
        for days in (0, 3):
            call_of(product, NOW - timedelta(days=days), connection_id=linked.connection.pk, model=mint_id("mod"))
    rollups.catch_up(Rollup.DAY, NOW)
    browser = browser_of(bob.user)
    browser.get("/apps")
    with django_assert_num_queries(count):
        browser.get(f"/apps/{product.app.pk}{end}")
