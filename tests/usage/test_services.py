"""What other packages ask of money: budgets, limits, balances, caps, last uses, a new month, a deleted account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from relay.core.errors import BudgetExceeded
from relay.core.ids import mint_id
from tests.usage.calls import CENT, NOW, ask, check_invariants, hold, in_process, in_thread, make_subject, month, outcome
from usage import services, settling
from usage.models import Budget, Window
from usage.services import BudgetLimits

pytestmark = pytest.mark.django_db(transaction=True)

DECEMBER = datetime(2026, 12, 1, 0, 0, 5, tzinfo=UTC)


def test_a_new_budget_has_a_balance() -> None:
    subject = make_subject(BudgetLimits(10))
    balance = services.balances([subject.connection_id, mint_id("con")], NOW)
    assert balance == {
        subject.connection_id: services.Balance(10 * CENT, 0, 0, datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    }


def test_opening_again_changes_nothing() -> None:
    subject = make_subject(BudgetLimits(10))
    services.open_budget(subject.connection_id, subject.user_id, BudgetLimits(99), NOW)
    assert month(subject.connection_id).limit_nanos == 10 * CENT
    assert Window.objects.count() == 3


def test_a_balance_shows_what_is_spent_and_held() -> None:
    subject = make_subject(BudgetLimits(10))

    async def work() -> services.Balance:
        first = await hold(subject, 4 * CENT)
        settling.settle(outcome(first, CENT))
        await settling.flush()
        await hold(subject, 2 * CENT)
        return (await in_thread(services.balances, [subject.connection_id], NOW))[subject.connection_id]

    balance = in_process(work)
    assert (balance.limit_nanos, balance.spent_nanos, balance.held_nanos) == (10 * CENT, CENT, 2 * CENT)


def test_changed_limits_hold_at_once_and_in_the_months_to_come() -> None:
    subject = make_subject(BudgetLimits(1))
    services.open_budget(subject.connection_id, subject.user_id, BudgetLimits(1), DECEMBER)
    services.set_limits(subject.connection_id, BudgetLimits(5, daily_cents=2, requests_per_minute=9, concurrency=7), NOW)
    budget = Budget.objects.get(subject_id=subject.connection_id)
    assert (budget.monthly_nanos, budget.daily_nanos, budget.requests_per_minute, budget.concurrency) == (5 * CENT, 2 * CENT, 9, 7)
    for moment in (NOW, DECEMBER):
        assert month(subject.connection_id, moment).limit_nanos == 5 * CENT
    assert set(Window.objects.filter(kind="day").values_list("limit_nanos", flat=True)) == {2 * CENT}
    services.set_limits(subject.connection_id, BudgetLimits(5), NOW)
    assert set(Window.objects.filter(kind="day").values_list("limit_nanos", "bound_nanos")) == {(None, None)}


def test_limits_of_nothing_are_an_error() -> None:
    with pytest.raises(Budget.DoesNotExist):
        services.set_limits(mint_id("con"), BudgetLimits(5), NOW)


def test_a_new_month_is_opened_once_and_keeps_the_old_one() -> None:
    subject = make_subject(BudgetLimits(10))

    async def spend() -> None:
        settling.settle(outcome(await hold(subject, 3 * CENT), 3 * CENT))

    in_process(spend)
    assert services.roll_over(DECEMBER) == 1
    assert services.roll_over(DECEMBER) == 0
    assert month(subject.connection_id, DECEMBER).limit_nanos == 10 * CENT
    assert month(subject.connection_id, DECEMBER).spent_nanos == 0
    assert month(subject.connection_id).spent_nanos == 3 * CENT
    assert Window.objects.filter(subject_id=subject.user_id).count() == 2
    check_invariants()


def test_a_new_month_is_opened_for_what_is_in_use_alone() -> None:
    used, idle, under_way = make_subject(), make_subject(), make_subject()

    async def work() -> int:
        settling.settle(outcome(await hold(used, CENT), CENT))
        await hold(under_way, CENT)
        await settling.flush()
        return await in_thread(services.roll_over, DECEMBER)

    assert in_process(work) == 2
    opened = set(Window.objects.filter(kind=Window.MONTH, starts_on=DECEMBER.date()).values_list("subject_id", flat=True))
    assert opened == {used.connection_id, used.user_id, under_way.connection_id, under_way.user_id}
    january, february = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC)
    assert services.roll_over(january) == 2
    assert services.roll_over(february) == 0
    assert not Window.objects.filter(subject_id=idle.connection_id).exclude(starts_on__lt=DECEMBER.date()).exists()


def test_a_cap_set_in_the_middle_of_a_month_counts_what_was_spent_before() -> None:
    subject = make_subject(BudgetLimits(100))

    async def work() -> None:
        settling.settle(outcome(await hold(subject, 6 * CENT), 6 * CENT))
        await settling.flush()
        balance = await in_thread(services.set_user_cap, subject.user_id, 8, NOW)
        assert (balance.limit_nanos, balance.spent_nanos) == (8 * CENT, 6 * CENT)
        assert isinstance(await ask(subject, 3 * CENT), BudgetExceeded)
        await in_thread(services.set_user_cap, subject.user_id, None, NOW)
        await hold(subject, 3 * CENT)

    in_process(work)


def test_somebody_without_connections_can_be_capped() -> None:
    user_id = mint_id("usr")
    assert services.set_user_cap(user_id, 5, NOW).limit_nanos == 5 * CENT
    subject = make_subject(BudgetLimits(100), user_id)
    assert month(user_id).limit_nanos == 5 * CENT
    assert Budget.objects.filter(user_id=subject.user_id).count() == 2


def test_the_last_use_is_that_of_the_latest_call() -> None:
    subject, unused = make_subject(), make_subject()

    async def work() -> None:
        for minutes in (0, 5, 3):
            settling.settle(outcome(await hold(subject, CENT, now=NOW + timedelta(minutes=minutes)), CENT))

    in_process(work)
    used = services.last_used_at([subject.connection_id, unused.connection_id])
    assert used == {subject.connection_id: NOW + timedelta(minutes=5)}
