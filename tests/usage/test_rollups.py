"""Rollups: idempotent, final only when nothing can be added, and what reports read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from relay.core.ids import mint_id
from usage import reports, rollups
from usage.models import Closed, Hold, LedgerEntry, Rollup

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CALL = {"request_id": "req", "user_id": "usr_a", "provider": "sandbox", "door": "chat", "granted_nanos": 9, "price_version": ""}


def _entry(at: datetime, cost: int = 7, *, connection_id: str = "con_a", **over: object) -> LedgerEntry:
    fields = {
        **CALL,
        "hold_id": mint_id("hld"),
        "connection_id": connection_id,
        "app_id": "app_a",
        "model": "sandbox-small",
        "admitted_at": at,
        "settled_at": at,
        "http_status": 200,
        "usage_source": "provider_usage",
        "input_tokens": 10,
        "output_tokens": 20,
        "cached_input_tokens": 5,
        "cost_nanos": cost,
        **over,
    }
    return LedgerEntry.objects.create(**fields)


def _hold(at: datetime) -> Hold:
    fields = {**CALL, "id": mint_id("hld"), "connection_id": "con_a", "admitted_at": at}
    return Hold.objects.create(**fields, owner_id="prc", month_on=at.date().replace(day=1), day_on=at.date())


def test_an_hour_is_summed_by_connection_provider_and_model() -> None:
    _entry(NOON)
    _entry(NOON + timedelta(minutes=59), 5, http_status=500)
    _entry(NOON + timedelta(minutes=60), 100)
    _entry(NOON, 1, connection_id="con_b")
    rollups.catch_up(Rollup.HOUR, NOON + timedelta(hours=3))
    row = Rollup.objects.get(kind="hour", starts_at=NOON, connection_id="con_a")
    assert (row.user_id, row.app_id, row.provider, row.model) == ("usr_a", "app_a", "sandbox", "sandbox-small")
    assert (row.requests, row.errors, row.cost_nanos) == (2, 1, 12)
    assert (row.input_tokens, row.output_tokens, row.cached_input_tokens) == (20, 40, 10)
    assert Rollup.objects.count() == 3


def test_running_again_changes_nothing() -> None:
    _entry(NOON)
    for _ in range(3):
        rollups.catch_up(Rollup.DAY, NOON + timedelta(hours=1))
        rollups.catch_up(Rollup.DAY, NOON + timedelta(days=2))
    assert Rollup.objects.get().cost_nanos == 7


def test_the_present_period_is_summed_but_not_final() -> None:
    _entry(NOON)
    rollups.catch_up(Rollup.DAY, NOON + timedelta(hours=1))
    assert Rollup.objects.get().requests == 1
    _entry(NOON + timedelta(hours=2))
    rollups.catch_up(Rollup.DAY, NOON + timedelta(hours=3))
    assert Rollup.objects.get().requests == 2


def test_a_period_with_an_open_hold_stays_open() -> None:
    _entry(NOON)
    held = _hold(NOON + timedelta(minutes=30))
    rollups.catch_up(Rollup.DAY, NOON + timedelta(days=3))
    assert Closed.objects.get(kind="day").until == datetime(2026, 11, 23, tzinfo=UTC)
    held.delete()
    _entry(NOON + timedelta(minutes=30), 100)
    rollups.catch_up(Rollup.DAY, NOON + timedelta(days=3))
    assert Closed.objects.get(kind="day").until == datetime(2026, 11, 26, tzinfo=UTC)
    assert Rollup.objects.get().cost_nanos == 107


def test_a_period_that_has_just_ended_waits_for_admissions_under_way() -> None:
    rollups.catch_up(Rollup.DAY, datetime(2026, 11, 24, 0, 1, tzinfo=UTC))
    assert Closed.objects.get(kind="day").until == datetime(2026, 11, 23, tzinfo=UTC)


def test_reports_read_final_days_from_rollups_alone() -> None:
    for days in range(4):
        _entry(NOON + timedelta(days=days), 10 + days)
    rollups.catch_up(Rollup.DAY, NOON + timedelta(days=4))
    LedgerEntry.objects.all()._raw_delete("default")  # what a report of final days must not miss
    midnight = datetime(2026, 11, 23, tzinfo=UTC)
    assert reports.report(Q(), midnight, midnight + timedelta(days=4), ()).totals.cost_nanos == 46
    assert reports.report(Q(), NOON - timedelta(hours=1), midnight + timedelta(days=4), ()).totals.cost_nanos == 36


def test_a_report_takes_a_handful_of_queries() -> None:
    for days in range(10):
        _entry(NOON + timedelta(days=days))
    rollups.catch_up(Rollup.DAY, NOON + timedelta(days=5))
    with CaptureQueriesContext(connection) as queries:
        found = reports.report(Q(), NOON - timedelta(days=1), NOON + timedelta(days=20), ("day", "model"))
    assert found.totals.requests == 10
    assert len(found.items) == 10
    assert len(queries) <= 3
