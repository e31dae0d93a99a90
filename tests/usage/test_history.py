"""A connection's calls by pages: nothing twice, nothing left out, in one query that reads its own rows alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from relay.core.errors import InvalidRequest
from tests.usage.test_rollups import _entry
from usage import history, services
from usage.services import BudgetLimits

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def _pages(*, errors_only: bool = False) -> list[list[str]]:
    """All pages, newest first, by request id."""
    pages, before = [], ""
    while True:
        calls = history.calls_of("usr_a", "con_a", before=before, errors_only=errors_only)
        pages.append([entry.request_id for entry in calls.entries])
        if calls.older is None:
            return pages
        before = calls.older


def test_pages_hold_every_call_once_and_lead_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PAGE_SIZE", 3)
    for row in range(8):
        _entry(NOW - timedelta(minutes=row // 4), request_id=f"req_{row}")
    _entry(NOW, connection_id="con_b")
    _entry(NOW, user_id="usr_b")
    pages = _pages()
    assert [len(page) for page in pages] == [3, 3, 2]
    assert sorted(request_id for page in pages for request_id in page) == [f"req_{row}" for row in range(8)]
    first = history.calls_of("usr_a", "con_a")
    second = history.calls_of("usr_a", "con_a", before=first.older or "")
    assert (first.newer, second.newer is None) == (None, False)
    back = history.calls_of("usr_a", "con_a", after=second.newer or "")
    assert [entry.request_id for entry in back.entries] == pages[0]
    assert (back.newer, back.older) == (None, first.older)


def test_failed_calls_alone() -> None:
    _entry(NOW, request_id="req_ok")
    _entry(NOW, request_id="req_status", http_status=429)
    _entry(NOW, request_id="req_code", http_status=None, error_code="provider_timeout")
    assert sorted(_pages(errors_only=True)[0]) == ["req_code", "req_status"]


def test_no_calls_are_one_empty_page() -> None:
    assert history.calls_of("usr_a", "con_a") == history.Calls([], None, None)


@pytest.mark.parametrize("cursor", ["x", "W10", "bnVsbA", "WyIyMDI2LTExLTIzIiwgIngiXQ"])
def test_a_made_up_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        history.calls_of("usr_a", "con_a", before=cursor)
    with pytest.raises(InvalidRequest):
        history.calls_of("usr_a", "con_a", after=cursor)


def test_a_page_is_one_query_that_seeks_by_the_index() -> None:
    for row in range(60):
        _entry(NOW - timedelta(minutes=row))
    first = history.calls_of("usr_a", "con_a")
    assert first.older is not None
    with CaptureQueriesContext(connection) as queries:
        history.calls_of("usr_a", "con_a", before=first.older)
    assert len(queries) == 1
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + queries[0]["sql"])
            plan = " ".join(str(row) for row in cursor.fetchall())
        assert "ledger_by_connection (connection_id=? AND admitted_at<" in plan, plan


def test_when_connections_were_last_used_is_one_query() -> None:
    for name, minutes in (("con_a", 5), ("con_a", 9), ("con_b", 7)):
        _entry(NOW - timedelta(minutes=minutes), connection_id=name)
    for name in ("con_a", "con_b", "con_c"):
        services.open_budget(name, "usr_a", BudgetLimits(100), NOW)
    with CaptureQueriesContext(connection) as queries:
        used = services.last_used_at(["con_a", "con_b", "con_c"])
    assert used == {"con_a": NOW - timedelta(minutes=5), "con_b": NOW - timedelta(minutes=7)}
    assert len(queries) == 1
