"""Settling: exactly once, in the month of the admission, whatever fails on the way."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection

from tests.usage.calls import CENT, NOW, check_invariants, hold, in_process, ledger_cost, make_subject, month, outcome
from usage import runtime, settling
from usage.models import Budget, Hold, LedgerEntry
from usage.services import BudgetLimits

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_entry_says_what_happened() -> None:
    subject = make_subject()

    async def work() -> str:
        held = await hold(subject, 2 * CENT)
        settling.settle(outcome(held, CENT, http_status=429, error_code="rate_limited"))
        return held.hold_id

    hold_id = in_process(work)
    entry = LedgerEntry.objects.get(hold_id=hold_id)
    assert (entry.connection_id, entry.user_id) == (subject.connection_id, subject.user_id)
    assert (entry.granted_nanos, entry.cost_nanos, entry.price_version) == (2 * CENT, CENT, "test")
    assert (entry.input_tokens, entry.output_tokens, entry.cached_input_tokens) == (3, 5, 1)
    assert (entry.http_status, entry.error_code, entry.latency_ms) == (429, "rate_limited", 12)
    assert (entry.usage_source, entry.admitted_at) == ("provider_usage", NOW)
    assert not Hold.objects.exists()


def test_a_second_outcome_changes_nothing() -> None:
    subject = make_subject()

    async def work() -> None:
        held = await hold(subject, 2 * CENT)
        settling.settle(outcome(held, CENT))
        settling.settle(outcome(held, 2 * CENT))
        await settling.flush()
        settling.settle(outcome(held, 2 * CENT))
        settling.release(held.hold_id)

    in_process(work)
    assert ledger_cost() == CENT
    check_invariants()


def test_the_same_hold_twice_in_one_batch_is_settled_once() -> None:
    subject = make_subject()

    async def work() -> None:
        held = await hold(subject, 2 * CENT)
        settling.release(held.hold_id)
        settling.settle(outcome(held, CENT))

    in_process(work)
    assert not LedgerEntry.objects.exists()
    check_invariants()


def test_a_released_hold_books_nothing() -> None:
    subject = make_subject()

    async def work() -> None:
        settling.release((await hold(subject, 2 * CENT)).hold_id)

    in_process(work)
    window = month(subject.connection_id)
    assert (window.spent_nanos, window.held_nanos) == (0, 0)
    assert not LedgerEntry.objects.exists()
    check_invariants()


def test_a_call_over_the_months_end_settles_in_the_month_of_its_admission() -> None:
    november, december = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    subject = make_subject()

    async def work() -> None:
        long = await hold(subject, 6 * CENT, now=november)
        short = await hold(subject, 10 * CENT, now=december)
        settling.settle(outcome(long, 5 * CENT))
        settling.settle(outcome(short, 7 * CENT))

    in_process(work)
    assert month(subject.connection_id, november).spent_nanos == 5 * CENT
    assert month(subject.connection_id, december).spent_nanos == 7 * CENT
    check_invariants()


def test_a_bill_above_the_worst_case_is_booked_as_it_is_and_shown_by_the_bound() -> None:
    subject = make_subject()

    async def work() -> None:
        settling.settle(outcome(await hold(subject, 10 * CENT), 12 * CENT))

    in_process(work)
    window = month(subject.connection_id)
    assert (window.spent_nanos, window.bound_nanos, window.limit_nanos) == (12 * CENT, 12 * CENT, 10 * CENT)


def test_calls_still_open_at_an_orderly_end_are_booked_at_their_worst_case() -> None:
    subject = make_subject()

    async def work() -> None:
        await hold(subject, 2 * CENT)

    in_process(work)
    entry = LedgerEntry.objects.get()
    assert (entry.cost_nanos, entry.usage_source, entry.error_code) == (2 * CENT, "estimated", "owner_lost")
    check_invariants()


class Stumbling:
    """A database in which calls can't be ended as often as told, or ever when they carry a certain text."""

    def __init__(self, inner: runtime.Database) -> None:
        self.inner, self.failures, self.poison = inner, 0, ""
        self.dialect = inner.dialect

    async def end(self, done: list[dict[str, object]], now: datetime) -> None:
        """Fails first, then passes on."""
        if self.failures or (self.poison and self.poison in str(done)):
            self.failures = max(0, self.failures - 1)
            raise DatabaseError("the database stumbled")
        await self.inner.end(done, now)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_settling_survives_failures_of_the_database(caplog: pytest.LogCaptureFixture) -> None:
    subject = make_subject()

    async def work() -> None:
        stumbling = Stumbling(runtime.current().database)
        settler = settling.Settler(stumbling)
        settler.start()
        held = await asyncio.gather(*(hold(subject, CENT) for _ in range(4)))
        stumbling.failures = 3
        for one in held:
            settler.add({**settling.worst_case(one.hold_id, ""), "cost_nanos": CENT // 2})
        await settler.flush()
        await settler.close(5)

    in_process(work)
    assert "trying again" in caplog.text
    assert ledger_cost() == 2 * CENT
    check_invariants()


def test_one_outcome_that_never_fits_does_not_keep_the_others_back(caplog: pytest.LogCaptureFixture) -> None:
    subject = make_subject()

    async def work() -> None:
        stumbling = Stumbling(runtime.current().database)
        settler = settling.Settler(stumbling)
        settler.start()
        held = await asyncio.gather(*(hold(subject, CENT) for _ in range(4)))
        stumbling.poison = "'error_code': 'poison'"
        for number, one in enumerate(held):
            settler.add({**settling.worst_case(one.hold_id, "poison" if number == 1 else ""), "cost_nanos": 1})
        await settler.flush()
        await settler.close(5)

    in_process(work)
    assert caplog.records
    assert sorted(LedgerEntry.objects.values_list("cost_nanos", flat=True)) == [1, 1, 1, CENT]
    assert LedgerEntry.objects.get(cost_nanos=CENT).error_code == "settle_failed"
    check_invariants()


def test_the_ledger_refuses_changes_but_for_a_deleted_accounts_ids() -> None:
    subject = make_subject()

    async def work() -> None:
        settling.settle(outcome(await hold(subject, CENT), CENT))

    in_process(work)
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("UPDATE usage_ledgerentry SET cost_nanos = 0")
    LedgerEntry.objects.update(user_id="")
    assert ledger_cost() == CENT


def test_the_database_itself_refuses_what_would_break_the_budget() -> None:
    subject = make_subject(BudgetLimits(10))
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("UPDATE usage_window SET held_nanos = limit_nanos + 1 WHERE limit_nanos IS NOT NULL")
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("UPDATE usage_window SET held_nanos = -1")
    assert Budget.objects.filter(subject_id=subject.connection_id).exists()
