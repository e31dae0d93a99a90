"""Invariants (a) to (d) of usage.models as properties: random calls, ends, limits, months, crashes and sweeps."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.db.models import Q, Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relay.core.errors import ApiError
from tests.usage.calls import Held, Subject, ask, check_invariants, in_process, in_thread, make_subject, outcome
from usage import reports, rollups, services, settling, sweeping
from usage.models import Hold, LedgerEntry, Rollup
from usage.reports import GROUPS
from usage.services import BudgetLimits

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

pytestmark = pytest.mark.django_db(transaction=True)

STARTS = [datetime(2026, 11, 30, 23, 40, tzinfo=UTC), datetime(2026, 12, 1, 0, 10, tzinfo=UTC), datetime(2026, 12, 31, 12, tzinfo=UTC)]

TENTH_OF_A_CENT = 1_000_000

Ask = st.tuples(st.just("ask"), st.integers(0, 3), st.integers(0, 60), st.integers(0, 60))
End = st.tuples(st.just("end"), st.integers(0, 30), st.integers(0, 100), st.sampled_from(["settle", "release", "lose", "twice"]))
Change = st.tuples(st.just("limit"), st.integers(0, 3), st.integers(0, 30), st.none() | st.integers(0, 10))
Cap = st.tuples(st.just("cap"), st.integers(0, 1), st.none() | st.integers(0, 40), st.just(0))
Pass = st.tuples(st.just("pass"), st.integers(1, 900), st.just(0), st.just(0))
Crash = st.tuples(st.just("crash"), st.just(0), st.just(0), st.just(0))
Roll = st.tuples(st.just("roll"), st.just(0), st.just(0), st.just(0))
STEPS = st.lists(st.one_of(Ask, Ask, Ask, Ask, End, End, End, Change, Cap, Pass, Crash, Roll), max_size=40)


@dataclass
class World:
    """Two people with two connections each, the calls under way, and the clock."""

    now: datetime
    subjects: list[Subject]
    open: list[Held] = field(default_factory=list)
    lowered: bool = False
    waiting: list[Awaitable[Held | ApiError]] = field(default_factory=list)

    async def settle_down(self) -> None:
        """Let the admissions that were started together finish, and everything handed over be written."""
        answers = await asyncio.gather(*self.waiting)
        self.waiting.clear()
        self.open += [answer for answer in answers if isinstance(answer, Held)]
        await settling.flush()

    def do_ask(self, who: int, worst: int, floor: int, _: object = None) -> None:
        self.waiting.append(ask(self.subjects[who], worst * TENTH_OF_A_CENT, min(worst, floor) * TENTH_OF_A_CENT, self.now))

    async def do_end(self, which: int, percent: int, how: str) -> None:
        await self.settle_down()
        if not self.open:
            return
        held = self.open.pop(which % len(self.open))
        if how == "release":
            settling.release(held.hold_id)
        else:
            cost = None if how == "lose" else held.standing.granted_nanos * percent // 100
            for _ in range(2 if how == "twice" else 1):
                settling.settle(outcome(held, cost))

    async def do_limit(self, who: int, nanos: int, daily: int | None) -> None:
        await self.settle_down()
        self.lowered = True
        limits = BudgetLimits(nanos, daily_cents=daily)
        await in_thread(services.set_limits, self.subjects[who].connection_id, limits, self.now)

    async def do_cap(self, who: int, nanos: int | None, _: object) -> None:
        await self.settle_down()
        self.lowered = True
        await in_thread(services.set_user_cap, self.subjects[2 * who].user_id, nanos, self.now)

    async def do_pass(self, minutes: int, *_: object) -> None:
        await self.settle_down()
        self.now += timedelta(minutes=minutes)

    async def do_crash(self, *_: object) -> None:
        """All calls under way lose their process; a sweep finds them."""
        await self.settle_down()
        await in_thread(_lose_all_owners)
        assert await in_thread(sweeping.sweep, self.now) == len(self.open)
        self.open.clear()

    async def do_roll(self, *_: object) -> None:
        await self.settle_down()
        await in_thread(rollups.catch_up, Rollup.HOUR, self.now)
        await in_thread(rollups.catch_up, Rollup.DAY, self.now)


def _lose_all_owners() -> None:
    Hold.objects.update(owner_id="prc_gone")


def _check_rollups(now: datetime) -> None:
    """(d): rolled up, the sums are the ledger's; and reports equal a plain sum over the ledger for any window."""
    for kind in (Rollup.HOUR, Rollup.DAY):
        rollups.catch_up(kind, now)
        rolled = Rollup.objects.filter(kind=kind).aggregate(n=Sum("requests"), cost=Sum("cost_nanos"))
        assert (rolled["n"] or 0) == LedgerEntry.objects.count()
        assert (rolled["cost"] or 0) == (LedgerEntry.objects.aggregate(c=Sum("cost_nanos"))["c"] or 0)
    for start in STARTS:
        for end in (start + timedelta(hours=5), start + timedelta(days=3), now + timedelta(seconds=1)):
            found = reports.report(Q(), start, end, tuple(GROUPS))
            entries = list(LedgerEntry.objects.filter(admitted_at__gte=start, admitted_at__lt=end))
            assert found.totals.requests == len(entries)
            assert found.totals.cost_nanos == sum(entry.cost_nanos for entry in entries)
            assert sum(item.input_tokens for item in found.items.values()) == sum(entry.input_tokens for entry in entries)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(start=st.sampled_from(STARTS), steps=STEPS)
def test_the_invariants_hold_whatever_happens(start: datetime, steps: list[tuple[str, int, int, object]]) -> None:
    call_command("flush", verbosity=0, interactive=False)
    alice, bob = make_subject(BudgetLimits(12), now=start), make_subject(BudgetLimits(12, daily_cents=8), now=start)
    others = [make_subject(BudgetLimits(12), owner.user_id, start) for owner in (alice, bob)]
    world = World(start, [alice, others[0], bob, others[1]])

    async def work() -> None:
        for name, *arguments in steps:
            step: Callable[..., Awaitable[None] | None] = getattr(world, f"do_{name}")
            doing = step(*arguments)
            if doing is not None:
                await doing
                await settling.flush()
                await in_thread(lambda: check_invariants(lowered=world.lowered))
        await world.settle_down()
        await in_thread(lambda: check_invariants(lowered=world.lowered))

    in_process(work)
    assert not Hold.objects.exists()
    check_invariants(lowered=world.lowered)
    _check_rollups(world.now)
