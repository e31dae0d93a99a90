"""Dead processes: killed with calls under way, their holds are booked at the worst case, once, and nobody else's are."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import F

from tests.usage import processes
from tests.usage.calls import CENT, check_invariants, hold, in_process, in_thread, ledger_cost, make_subject, outcome
from usage import settling, sweeping
from usage.models import Hold, LedgerEntry, Process
from usage.services import BudgetLimits

pytestmark = pytest.mark.django_db(transaction=True)


def _stop_beating(process_id: str) -> None:
    """On PostgreSQL a process is dead when its beat is old: let the time pass. When embedded, nothing needs to pass."""
    if connection.vendor == "postgresql":
        Process.objects.filter(id=process_id).update(beat_at=F("beat_at") - timedelta(seconds=sweeping.DEAD_AFTER_SECONDS + 1))


def test_a_killed_processs_holds_are_booked_at_the_worst_case() -> None:
    now = datetime.now(UTC)
    subject = make_subject(BudgetLimits(10), now=now)
    child = processes.start(subjects=[[subject.connection_id, subject.user_id]], calls=12, worst=CENT, mode="hang")
    said = processes.report(child)
    assert len(said["admitted"]) == 10
    assert sweeping.sweep(now) == 0
    processes.kill(child)
    assert Hold.objects.count() == 10
    _stop_beating(said["process"])

    async def restarted() -> int:
        return await in_thread(Hold.objects.count)

    assert in_process(restarted) == 0
    entries = LedgerEntry.objects.all()
    assert {entry.hold_id for entry in entries} == set(said["admitted"])
    assert {(entry.usage_source, entry.error_code) for entry in entries} == {("estimated", "owner_lost")}
    assert ledger_cost() == 10 * CENT
    assert sweeping.sweep(now) == 0
    assert not Process.objects.exists()
    check_invariants()


def test_a_living_processs_holds_are_left_alone() -> None:
    now = datetime.now(UTC)
    subject = make_subject(BudgetLimits(10), now=now)

    async def work() -> None:
        held = await hold(subject, CENT, now=now)
        assert await in_thread(sweeping.sweep, now) == 0
        settling.settle(outcome(held, CENT // 2))

    in_process(work)
    assert ledger_cost() == CENT // 2


def test_an_outcome_after_the_sweep_changes_nothing() -> None:
    now = datetime.now(UTC)
    subject = make_subject(BudgetLimits(10), now=now)

    async def work() -> None:
        held = await hold(subject, CENT, now=now)
        assert await in_thread(sweeping.sweep, now + sweeping.LONGEST_CALL + timedelta(seconds=1)) == 1
        settling.settle(outcome(held, CENT // 2))

    in_process(work)
    assert ledger_cost() == CENT
    check_invariants()


def test_sweeps_at_the_same_time_book_once() -> None:
    now = datetime.now(UTC)
    subject = make_subject(BudgetLimits(10), now=now)
    child = processes.start(subjects=[[subject.connection_id, subject.user_id]], calls=5, worst=CENT, mode="hang")
    said = processes.report(child)
    processes.kill(child)
    _stop_beating(said["process"])

    async def both() -> None:
        await asyncio.gather(*(in_thread(sweeping.sweep, now) for _ in range(4)))

    asyncio.run(both())
    assert LedgerEntry.objects.count() == 5
    check_invariants()


def test_several_processes_spend_one_budget_together_and_never_more() -> None:
    now = datetime.now(UTC)
    subject = make_subject(BudgetLimits(10), now=now)
    pair = [[subject.connection_id, subject.user_id]]
    children = [processes.start(subjects=pair, calls=25, worst=CENT, mode="settle") for _ in range(3)]
    said = [processes.report(child) for child in children]
    for child in children:
        processes.finish(child)
    assert sum(len(one["admitted"]) for one in said) == 10
    assert ledger_cost() == 10 * CENT
    check_invariants()


def test_several_processes_on_connections_of_one_user_never_deadlock_or_pass_the_cap() -> None:
    from usage import services

    now = datetime.now(UTC)
    first = make_subject(BudgetLimits(100), now=now)
    subjects = [first, *(make_subject(BudgetLimits(100), user_id=first.user_id, now=now) for _ in range(4))]
    services.set_user_cap(first.user_id, 30, now)
    pairs = [[subject.connection_id, subject.user_id] for subject in subjects]
    started = time.monotonic()
    children = [processes.start(subjects=pairs, calls=40, worst=CENT, mode="settle") for _ in range(3)]
    said = [processes.report(child) for child in children]
    for child in children:
        processes.finish(child)
    assert sum(len(one["admitted"]) for one in said) == 30
    assert ledger_cost() == 30 * CENT
    assert time.monotonic() - started < 60
    check_invariants()
