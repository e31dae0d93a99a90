"""Admission: the guard in every window, what is granted, and what a refusal says."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from relay.core.errors import ApiError, BudgetExceeded, RateLimited
from tests.usage.calls import CENT, NOW, Held, ask, check_invariants, hold, in_process, in_thread, make_subject, month, outcome
from usage import services, settling
from usage.models import Budget, Hold, LedgerEntry, Window
from usage.services import BudgetLimits

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_call_that_fits_is_held_in_its_month_its_day_and_its_users_month() -> None:
    subject = make_subject()

    async def work() -> None:
        held = await hold(subject, 3 * CENT)
        assert held.standing.granted_nanos == 3 * CENT
        assert held.standing.left_nanos == 10 * CENT
        settling.settle(outcome(held, CENT))

    in_process(work)
    day = Window.objects.get(subject_id=subject.connection_id, kind="day")
    for window in (month(subject.connection_id), day, month(subject.user_id)):
        assert (window.spent_nanos, window.held_nanos) == (CENT, 0)
    check_invariants()


def test_a_hundred_at_once_against_a_budget_worth_ten_let_exactly_ten_in() -> None:
    subject = make_subject(BudgetLimits(monthly_cents=10))

    async def work() -> list[Held | ApiError]:
        answers = await asyncio.gather(*(ask(subject, CENT) for _ in range(100)))
        for answer in answers:
            if isinstance(answer, Held):
                settling.settle(outcome(answer, CENT))
        return list(answers)

    answers = in_process(work)
    assert sum(isinstance(answer, Held) for answer in answers) == 10
    assert all(isinstance(answer, (Held, BudgetExceeded)) for answer in answers)
    window = month(subject.connection_id)
    assert (window.spent_nanos, window.held_nanos) == (10 * CENT, 0)
    check_invariants()


def test_a_hundred_at_once_against_an_ample_budget_are_all_let_in() -> None:
    subject = make_subject(BudgetLimits(monthly_cents=1000))

    async def work() -> int:
        answers = await asyncio.gather(*(ask(subject, CENT) for _ in range(100)))
        held = [answer for answer in answers if isinstance(answer, Held)]
        for one in held:
            settling.settle(outcome(one, CENT // 2))
        return len(held)

    assert in_process(work) == 100
    window = month(subject.connection_id)
    assert (window.spent_nanos, window.held_nanos) == (50 * CENT, 0)
    assert LedgerEntry.objects.count() == 100
    check_invariants()


def test_what_is_left_is_granted_when_the_worst_case_does_not_fit() -> None:
    subject = make_subject()

    async def work() -> None:
        await hold(subject, 8 * CENT)
        second = await hold(subject, 5 * CENT, floor=CENT)
        assert second.standing.granted_nanos == 2 * CENT
        assert isinstance(await ask(subject, 5 * CENT, floor=1), BudgetExceeded)

    in_process(work)
    check_invariants()


def test_a_free_call_is_admitted_when_nothing_is_left() -> None:
    subject = make_subject()

    async def work() -> None:
        await hold(subject, 10 * CENT)
        free = await hold(subject, 0)
        settling.settle(outcome(free, 0))

    in_process(work)
    assert LedgerEntry.objects.filter(cost_nanos=0).count() == 1


@pytest.mark.parametrize(
    ("limits", "cap_cents", "which", "resets_at"),
    [
        (BudgetLimits(10), None, "monthly", "2026-12-01T00:00:00Z"),
        (BudgetLimits(100, daily_cents=10), None, "daily", "2026-11-24T00:00:00Z"),
        (BudgetLimits(100), 10, "user", "2026-12-01T00:00:00Z"),
    ],
)
def test_a_refusal_names_the_window_that_is_full(limits: BudgetLimits, cap_cents: int | None, which: str, resets_at: str) -> None:
    subject = make_subject(limits)
    services.set_user_cap(subject.user_id, cap_cents, NOW)

    async def work() -> Held | ApiError:
        first = await hold(subject, 4 * CENT)
        settling.settle(outcome(first, 4 * CENT))
        await settling.flush()
        await hold(subject, 5 * CENT)
        return await ask(subject, 2 * CENT)

    refusal = in_process(work)
    assert isinstance(refusal, BudgetExceeded)
    assert refusal.details == {
        "which": which,
        "limitCents": 10,
        "spentMicros": 40_000,
        "heldMicros": 50_000,
        "resetsAt": resets_at,
    }


def test_a_users_cap_counts_all_connections_together() -> None:
    first = make_subject(BudgetLimits(100))
    second = make_subject(BudgetLimits(100), user_id=first.user_id)
    services.set_user_cap(first.user_id, 10, NOW)

    async def work() -> int:
        answers = await asyncio.gather(*(ask(subject, CENT) for _ in range(10) for subject in (first, second)))
        return sum(isinstance(answer, Held) for answer in answers)

    assert in_process(work) == 10
    check_invariants()


def test_calls_at_once_are_limited_and_freed_when_they_end() -> None:
    subject = make_subject(BudgetLimits(1000, concurrency=2))

    async def work() -> None:
        answers = await asyncio.gather(*(ask(subject, CENT) for _ in range(5)))
        held = [answer for answer in answers if isinstance(answer, Held)]
        refused = [answer for answer in answers if isinstance(answer, RateLimited)]
        assert (len(held), len(refused)) == (2, 3)
        assert refused[0].headers["Retry-After"] == "1"
        settling.settle(outcome(held[0], CENT))
        await settling.flush()
        await hold(subject, CENT)

    in_process(work)
    check_invariants()


def test_calls_a_minute_are_limited_until_the_next_minute() -> None:
    subject = make_subject(BudgetLimits(1000, requests_per_minute=3))

    async def work() -> None:
        answers = await asyncio.gather(*(ask(subject, CENT) for _ in range(5)))
        refused = [answer for answer in answers if isinstance(answer, RateLimited)]
        assert len(refused) == 2
        assert refused[0].headers["Retry-After"] == "59"
        assert refused[0].headers["RateLimit-Policy"] == '"minute";q=3;w=60'
        await hold(subject, CENT, now=NOW + timedelta(seconds=59))

    in_process(work)


def test_an_unusable_caller_holds_nothing() -> None:
    from relay.core.ids import mint_id
    from tests.usage.calls import GUARD, wanted_for
    from usage import admission

    subject = make_subject()
    wanted = {**wanted_for(subject, mint_id("hld"), CENT, CENT, CENT), "usable": False}

    async def work() -> None:
        answer = await admission.ask(GUARD, wanted, NOW, subject)
        assert answer is not None
        assert answer.standing is None

    in_process(work)
    assert not Hold.objects.exists()
    assert Budget.objects.get(subject_id=subject.connection_id).open_calls == 0


def test_a_new_month_and_day_open_windows_of_their_own() -> None:
    subject = make_subject(BudgetLimits(10, daily_cents=6))
    next_day, next_month = NOW + timedelta(days=1), datetime(2026, 12, 1, 0, 0, 0, tzinfo=UTC)

    async def work() -> None:
        await hold(subject, 6 * CENT)
        assert isinstance(await ask(subject, CENT), BudgetExceeded)
        await hold(subject, 4 * CENT, now=next_day)
        assert isinstance(await ask(subject, CENT, now=next_day), BudgetExceeded)
        await asyncio.gather(*(hold(subject, CENT, now=next_month) for _ in range(6)))
        assert isinstance(await ask(subject, CENT, now=next_month), BudgetExceeded)

    in_process(work)
    assert Window.objects.filter(subject_id=subject.connection_id).count() == 5
    check_invariants()


def test_a_lowered_limit_refuses_new_calls_and_keeps_what_was_admitted() -> None:
    subject = make_subject()

    async def work() -> None:
        held = await hold(subject, 8 * CENT)
        await in_thread(services.set_limits, subject.connection_id, BudgetLimits(5), NOW)
        assert isinstance(await ask(subject, 1), BudgetExceeded)
        settling.settle(outcome(held, 2 * CENT))
        await settling.flush()
        await hold(subject, 3 * CENT)
        assert isinstance(await ask(subject, 1), BudgetExceeded)

    in_process(work)
    window = month(subject.connection_id)
    assert (window.limit_nanos, window.bound_nanos) == (5 * CENT, 8 * CENT)
    check_invariants(lowered=True)


def test_a_cancelled_admission_leaves_no_hold() -> None:
    subject = make_subject()

    async def work() -> None:
        asking = [asyncio.create_task(ask(subject, CENT)) for _ in range(5)]
        await asyncio.sleep(0)
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        await settling.flush()
        await asyncio.sleep(0.3)
        await settling.flush()
        assert await in_thread(Hold.objects.count) == 0

    in_process(work)
    assert month(subject.connection_id).held_nanos == 0
    assert not LedgerEntry.objects.exists()


def test_the_next_call_is_not_refused_for_the_hold_of_one_that_has_ended() -> None:
    subject = make_subject()

    async def one_after_the_other() -> None:
        for _ in range(5):
            held = await hold(subject, worst=50 * CENT, floor=CENT)  # all that is left
            settling.settle(outcome(held, CENT))

    in_process(one_after_the_other)
    assert month(subject.connection_id).spent_nanos == 5 * CENT
    check_invariants()
