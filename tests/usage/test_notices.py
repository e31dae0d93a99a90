"""Which budgets are nearly or wholly used: exactly at their thresholds, once a window each, and again once a limit is raised."""

from __future__ import annotations

import threading
import time
from datetime import UTC, date, datetime

import pytest
from django.db import connection, transaction

from relay.core.ids import mint_id
from tests.usage.calls import CENT, NOW, Subject, hold, in_process, make_subject, outcome
from usage import forgetting, notices, services, settling
from usage.models import Budget, BudgetNotice, Window
from usage.services import BudgetLimits

pytestmark = pytest.mark.django_db(transaction=True)
LIMIT = 1000 * CENT
DECEMBER = datetime(2026, 12, 1, 0, 0, 5, tzinfo=UTC)


def spend(subject_id: str, nanos: int, month_on: date | None = None) -> None:
    """Have this much spent in the month's window."""
    month_on = month_on or NOW.date().replace(day=1)
    assert Window.objects.filter(subject_id=subject_id, kind="month", starts_on=month_on).update(spent_nanos=nanos)


def budget_of_ten_dollars() -> Subject:
    return make_subject(BudgetLimits(1000))


def found(now: datetime = NOW) -> list[tuple[str, int]]:
    return [(fact.subject_id, fact.percent) for fact in notices.crossed(now)]


def told(now: datetime = NOW) -> list[int]:
    """What is found and claimed now."""
    noted = []
    for fact in notices.crossed(now):
        with transaction.atomic():
            noted.append(notices.note(fact, now))
    return [fact.percent for fact in noted if fact]


@pytest.mark.parametrize(
    ("spent", "expected"),
    [
        (0, []),
        (800 * CENT - 1, []),
        (800 * CENT, [80]),
        (995 * CENT - 1, [80]),
        (995 * CENT, [100]),  # what is left rounds to nothing
        (1000 * CENT, [100]),
    ],
)
def test_thresholds(spent: int, expected: list[int]) -> None:
    subject = budget_of_ten_dollars()
    spend(subject.connection_id, spent)
    assert told() == expected
    assert told() == []


def test_a_fact_has_all_there_is_to_tell() -> None:
    subject = budget_of_ten_dollars()
    spend(subject.connection_id, 810 * CENT)
    assert notices.crossed(NOW) == [notices.Crossed(subject.connection_id, subject.user_id, date(2026, 11, 1), 80, LIMIT, 810 * CENT)]
    assert not notices.crossed(NOW)[0].is_cap


def test_eighty_and_then_a_hundred() -> None:
    subject = budget_of_ten_dollars()
    spend(subject.connection_id, 850 * CENT)
    assert told() == [80]
    spend(subject.connection_id, 950 * CENT)
    assert told() == []
    spend(subject.connection_id, 1000 * CENT)
    assert told() == [100]
    assert told() == []


def test_a_call_through_the_ledger_is_found() -> None:
    subject = make_subject(BudgetLimits(10))

    async def work() -> None:
        held = await hold(subject, 9 * CENT)
        assert await _found() == []  # held is not spent
        settling.settle(outcome(held, 8 * CENT))
        await settling.flush()

    async def _found() -> list[tuple[str, int]]:
        from tests.usage.calls import in_thread

        return await in_thread(found)

    in_process(work)
    assert found() == [(subject.connection_id, 80)]


def test_a_new_month_starts_anew() -> None:
    subject = budget_of_ten_dollars()
    spend(subject.connection_id, 1000 * CENT)
    assert told() == [100]
    services.open_budget(subject.connection_id, subject.user_id, BudgetLimits(1000), DECEMBER)
    assert told(DECEMBER) == []
    spend(subject.connection_id, 800 * CENT, date(2026, 12, 1))
    assert told(DECEMBER) == [80]


def test_last_months_windows_are_over() -> None:
    subject = budget_of_ten_dollars()
    spend(subject.connection_id, 1000 * CENT)
    assert found(DECEMBER) == []


def test_a_raised_budget_can_be_told_of_again() -> None:
    subject = budget_of_ten_dollars()
    spend(subject.connection_id, 1000 * CENT)
    assert told() == [100]
    services.set_limits(subject.connection_id, BudgetLimits(1100), NOW)  # 91 %: eighty was said
    assert told() == []
    services.set_limits(subject.connection_id, BudgetLimits(2000), NOW)
    assert (told(), BudgetNotice.objects.count()) == ([], 0)
    spend(subject.connection_id, 1600 * CENT)
    assert told() == [80]


def test_a_lowered_budget_is_used_up() -> None:
    subject = budget_of_ten_dollars()
    spend(subject.connection_id, 500 * CENT)
    services.set_limits(subject.connection_id, BudgetLimits(300), NOW)
    assert told() == [100]


def test_a_raise_between_finding_and_claiming_wins() -> None:
    subject = budget_of_ten_dollars()
    spend(subject.connection_id, 900 * CENT)
    (fact,) = notices.crossed(NOW)
    services.set_limits(subject.connection_id, BudgetLimits(2000), NOW)
    with transaction.atomic():
        assert notices.note(fact, NOW) is None
    assert not BudgetNotice.objects.exists()


def test_the_cap_of_a_person_counts_too() -> None:
    subject = budget_of_ten_dollars()
    services.set_user_cap(subject.user_id, 100, NOW)
    spend(subject.user_id, 80 * CENT)
    (fact,) = notices.crossed(NOW)
    assert (fact.subject_id, fact.is_cap, fact.percent) == (subject.user_id, True, 80)
    assert told() == [80]
    services.set_user_cap(subject.user_id, None, NOW)
    assert told() == []
    services.set_user_cap(subject.user_id, 90, NOW)
    assert told() == [80]  # lifted, then put back: said again


@pytest.mark.parametrize("cents", [0, 1, 10_000_000_00])
def test_any_limit_can_be_looked_at(cents: int) -> None:
    subject = budget_of_ten_dollars()
    services.set_limits(subject.connection_id, BudgetLimits(cents), NOW)
    services.set_user_cap(subject.user_id, cents, NOW)
    assert found() == []


def test_two_processes_at_once_tell_once() -> None:
    subject = budget_of_ten_dollars()
    spend(subject.connection_id, 1000 * CENT)
    both, claimed = threading.Barrier(2, timeout=10), []

    def work() -> None:
        facts = notices.crossed(NOW)
        both.wait()
        for fact in facts:
            with transaction.atomic():
                claimed.append(notices.note(fact, NOW))
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(claimed) == 2
    assert len([fact for fact in claimed if fact]) == 1
    assert BudgetNotice.objects.count() == 2  # eighty and a hundred, once each


def test_a_forgotten_person_leaves_no_notice() -> None:
    subject = budget_of_ten_dollars()
    spend(subject.connection_id, 1000 * CENT)
    told()
    forgetting.forget_user(subject.user_id, NOW)
    assert not BudgetNotice.objects.exists()


@pytest.mark.long
def test_many_windows_are_looked_through_by_their_month() -> None:
    ids = [mint_id("con") for _ in range(20_000)]
    Budget.objects.bulk_create([Budget(subject_id=each, user_id="usr_x") for each in ids], batch_size=2000)
    Window.objects.bulk_create(
        [
            Window(subject_id=each, kind=kind, starts_on=on, limit_nanos=LIMIT, bound_nanos=LIMIT, spent_nanos=number % 500 * 2 * CENT)
            for number, each in enumerate(ids)
            for kind, on in (("month", date(2026, 11, 1)), ("month", date(2026, 10, 1)), ("day", date(2026, 11, 1)))
        ],
        batch_size=2000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    began = time.perf_counter()
    facts = notices.crossed(NOW)
    took = time.perf_counter() - began
    assert len(facts) == 1000
    assert took < 2, took
