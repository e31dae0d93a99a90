"""Calls that would fit, were it not for what others hold: they wait, in line, and are not refused needlessly."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from relay.core.errors import BudgetExceeded, RateLimited
from tests.usage.calls import CENT, Held, ask, check_invariants, hold, in_process, make_subject, outcome
from usage import settling, waiting
from usage.services import BudgetLimits

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.usage.calls import Subject

pytestmark = pytest.mark.django_db(transaction=True)


def _in_process(work: Callable[[], Awaitable[None]]) -> None:
    in_process(work)
    check_invariants()


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """As much as in real life."""
    monkeypatch.setattr(waiting, "PATIENCE_SECONDS", 10.0)


async def _answered(subject: Subject, worst: int, cost: int, floor: int | None = None) -> Held | Exception:
    """A call that takes a hundredth of a second."""
    held = await ask(subject, worst, floor)
    if isinstance(held, Held):
        await asyncio.sleep(0.01)
        settling.settle(outcome(held, cost))
    return held


@pytest.mark.usefixtures("patience")
def test_ten_that_cost_a_tenth_get_through_though_each_holds_all_that_is_left() -> None:
    """Fifty at once, none of which says how long its answer may get: each holds what there is, and costs a tenth."""
    subject = make_subject(BudgetLimits(10))

    async def work() -> None:
        answers = await asyncio.gather(*(_answered(subject, 1000 * CENT, CENT, CENT) for _ in range(50)))
        assert sum(isinstance(answer, Held) for answer in answers) == 10
        assert all(isinstance(answer, Held | BudgetExceeded) for answer in answers)

    _in_process(work)


def test_whoever_waited_long_enough_is_refused() -> None:
    subject = make_subject(BudgetLimits(10))

    async def work() -> None:
        await hold(subject, 10 * CENT)
        asked_at = datetime.now(UTC)
        assert isinstance(await ask(subject, CENT), BudgetExceeded)
        assert (datetime.now(UTC) - asked_at).total_seconds() > 0.25

    _in_process(work)


@pytest.mark.usefixtures("patience")
def test_nobody_waits_where_too_much_is_spent() -> None:
    subject = make_subject(BudgetLimits(10))

    async def work() -> None:
        settling.settle(outcome(await hold(subject, 9 * CENT), 9 * CENT))
        await settling.flush()
        await hold(subject, CENT // 2)
        async with asyncio.timeout(2):
            assert isinstance(await ask(subject, 2 * CENT), BudgetExceeded)

    _in_process(work)


@pytest.mark.usefixtures("patience")
def test_nobody_waits_for_a_place_among_the_calls_at_once() -> None:
    subject = make_subject(BudgetLimits(10, concurrency=1))

    async def work() -> None:
        await hold(subject, CENT)
        async with asyncio.timeout(2):
            assert isinstance(await ask(subject, CENT), RateLimited)

    _in_process(work)


@pytest.mark.usefixtures("patience")
def test_who_came_first_goes_first() -> None:
    subject = make_subject(BudgetLimits(10))
    order = []

    async def one(number: int) -> None:
        held = await hold(subject, 6 * CENT)
        order.append(number)
        settling.settle(outcome(held, 1))

    async def work() -> None:
        first = await hold(subject, 6 * CENT)
        waiting_calls = []
        for number in range(5):
            waiting_calls.append(asyncio.create_task(one(number)))
            await asyncio.sleep(0.05)
        settling.settle(outcome(first, 1))
        await asyncio.gather(*waiting_calls)

    _in_process(work)
    assert order == [0, 1, 2, 3, 4]


def test_one_that_is_cancelled_in_line_holds_nothing_and_lets_the_next_go() -> None:
    subject = make_subject(BudgetLimits(10))

    async def work() -> None:
        first = await hold(subject, 6 * CENT)
        cancelled = asyncio.create_task(ask(subject, 6 * CENT))
        await asyncio.sleep(0.05)
        behind = asyncio.create_task(ask(subject, 6 * CENT))
        await asyncio.sleep(0.05)
        cancelled.cancel()
        settling.settle(outcome(first, 1))
        assert isinstance(await behind, Held)

    _in_process(work)


def test_a_part_of_what_is_left_is_granted_and_no_less_than_what_is_wanted() -> None:
    subject = make_subject(BudgetLimits(100))

    async def work() -> None:
        granted = []
        for _ in range(4):
            held = await ask(subject, 1000 * CENT, 20 * CENT, parts=4)
            assert isinstance(held, Held)
            granted.append(held.standing.granted_nanos)
        assert granted == [25 * CENT, 20 * CENT, 20 * CENT, 20 * CENT]

    _in_process(work)


def test_what_is_left_is_taken_when_waiting_is_no_use() -> None:
    """15 cents are left and 20 wanted: while another holds some it waits, then it takes the 15."""
    subject = make_subject(BudgetLimits(100))

    async def work() -> None:
        settling.settle(outcome(await hold(subject, 80 * CENT), 80 * CENT))
        await settling.flush()
        other = await hold(subject, 5 * CENT)
        held = await ask(subject, 1000 * CENT, CENT, wanted=20 * CENT)
        assert isinstance(held, Held)
        assert held.standing.granted_nanos == 15 * CENT
        settling.release(other.hold_id)
        settling.settle(outcome(held, CENT))
        await settling.flush()
        held = await ask(subject, 1000 * CENT, CENT, wanted=50 * CENT)
        assert isinstance(held, Held)
        assert held.standing.granted_nanos == 19 * CENT

    _in_process(work)


@pytest.mark.usefixtures("patience")
def test_who_comes_between_two_turns_stands_behind() -> None:
    """The line is nobody's for a moment when one has gone and the next has not yet looked."""

    async def work() -> None:
        lines = waiting.Lines(asyncio.Event)
        went: list[int] = []

        async def turn(number: int) -> None:
            async def attempt(_at_once: bool) -> int:
                went.append(number)
                assert lines.has("key")
                return number

            await lines.wait("key", attempt, lambda _: False)

        await asyncio.gather(*(turn(number) for number in range(5)))
        assert went == [0, 1, 2, 3, 4]
        assert not lines.has("key")

    asyncio.run(work())
