"""What pages ask of the ledger is found by an index made for it, on either database, not by reading all of an app's calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from tests.usage.test_rollups import _entry
from usage import request_log, rollups, services
from usage.models import IS_ERROR, LedgerEntry, Rollup

if TYPE_CHECKING:
    from django.db.models import QuerySet

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def newest(rows: QuerySet[LedgerEntry]) -> QuerySet[LedgerEntry]:
    return rows.order_by("-admitted_at", "-hold_id")[:51]


@pytest.fixture
def many_calls() -> None:
    _entry(NOW, request_id="req_once", app_id="app_a", http_status=500)
    first = LedgerEntry.objects.get()
    for number in range(3000):
        first.hold_id, first.request_id, first.admitted_at = f"hold_{number}", "req_shared", NOW - timedelta(minutes=number)
        first.http_status = 500 if number % 500 == 0 else 200
        LedgerEntry.objects.bulk_create([first])
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE usage_ledgerentry")


@pytest.mark.usefixtures("many_calls")
def test_every_question_has_its_index() -> None:
    calls = LedgerEntry.objects.all()
    questions = {
        "ledger_failed_by_app": newest(calls.filter(IS_ERROR, app_id="app_a")),
        "ledger_failed_by_connection": newest(calls.filter(IS_ERROR, user_id="usr_a", connection_id="con_a")),
        "ledger_by_request": request_log.by_request_id("app_a", "req_once"),
    }
    plans = {index: rows.explain() for index, rows in questions.items()}
    assert {index: index in plan for index, plan in plans.items()} == dict.fromkeys(questions, True), plans
    assert [row.hold_id for row in questions["ledger_by_request"]] == [calls.get(request_id="req_once").hold_id]


def test_when_keys_were_last_used_is_not_looked_up_in_final_hours() -> None:
    _entry(NOW - timedelta(days=2))
    _entry(NOW - timedelta(days=1), provider="sandbox")
    rollups.catch_up(Rollup.HOUR, NOW)
    _entry(NOW, provider="sandbox")
    _entry(NOW, user_id="usr_b", connection_id="con_b")
    first = LedgerEntry.objects.order_by("admitted_at").values_list("provider", flat=True)[0]
    assert services.providers_last_used_at("usr_a") == {first: NOW - timedelta(days=2), "sandbox": NOW}
    rollups.catch_up(Rollup.HOUR, NOW + timedelta(days=1))
    assert services.providers_last_used_at("usr_a") == {first: NOW - timedelta(days=2), "sandbox": NOW}
    LedgerEntry.objects.all().delete()
    assert services.providers_last_used_at("usr_a") == {first: NOW - timedelta(days=2), "sandbox": NOW}
