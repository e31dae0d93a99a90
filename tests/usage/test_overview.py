"""What pages say of money: the present month, thirty days, budgets nearly used; and the data of charts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from relay.core.ids import mint_id
from tests.usage.calls import CENT, make_subject
from tests.usage.test_rollups import _entry
from usage import overview, rollups, services
from usage.charts import spend_chart
from usage.models import Rollup, Window
from usage.services import BudgetLimits

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("rolled", [False, True])
def test_a_month_by_app_and_provider_in_three_queries(rolled: bool) -> None:
    _entry(NOW, 3)
    _entry(NOW - timedelta(days=2), 5, provider="groq")
    _entry(NOW - timedelta(days=22), 7, app_id="")
    _entry(NOW - timedelta(days=23), 1000)
    _entry(NOW, 1000, user_id="usr_b")
    if rolled:
        rollups.catch_up(Rollup.DAY, NOW)
    with CaptureQueriesContext(connection) as queries:
        spend = overview.this_month("usr_a", NOW)
    assert len(queries) <= 3
    assert (spend.totals.cost_nanos, spend.totals.requests) == (15, 3)
    assert {app: sums.cost_nanos for app, sums in spend.by("app").items()} == {"app_a": 8, "": 7}
    assert list(spend.by("provider")) == ["sandbox", "groq"]
    assert spend.by_day("provider") == {"sandbox": {date(2026, 11, 1): 7, date(2026, 11, 23): 3}, "groq": {date(2026, 11, 21): 5}}
    assert (spend.days[0], spend.days[-1], len(spend.days)) == (date(2026, 11, 1), date(2026, 11, 30), 30)


def test_thirty_days_of_one_connection() -> None:
    _entry(NOW, 3)
    _entry(NOW - timedelta(days=29), 5, model="sandbox-large")
    _entry(NOW - timedelta(days=30), 7)
    _entry(NOW, 9, connection_id="con_b")
    spend = overview.last_days("usr_a", "con_a", NOW)
    assert (spend.totals.cost_nanos, len(spend.days), spend.days[-1]) == (8, 30, NOW.date())
    assert set(spend.by("model")) == {"sandbox-small", "sandbox-large"}
    assert overview.calls_of("usr_a", NOW - timedelta(days=60), NOW + timedelta(seconds=1)) == 4


def test_no_calls() -> None:
    spend = overview.this_month("usr_a", NOW)
    assert (spend.totals.requests, spend.by("app"), spend.by_day("app")) == (0, {}, {})
    assert spend_chart(spend.days, spend.by_day("app")).is_empty


def test_budgets_from_four_fifths_on_and_the_cap() -> None:
    user = mint_id("usr")
    subjects = [make_subject(user_id=user) for _ in range(3)]
    make_subject()
    for subject, cents in zip(subjects, (7.9, 8, 10), strict=True):
        Window.objects.filter(subject_id=subject.connection_id, kind="month").update(spent_nanos=int(cents * CENT) - CENT, held_nanos=CENT)
    with CaptureQueriesContext(connection) as queries:
        found = overview.nearly_used(user, datetime(2026, 11, 23, 4, 57, tzinfo=UTC))
    assert len(queries) == 1
    assert set(found) == {subjects[1].connection_id, subjects[2].connection_id}
    assert (found[subjects[1].connection_id].spent_nanos, found[subjects[1].connection_id].held_nanos) == (7 * CENT, CENT)
    services.set_user_cap(user, 0, NOW)
    assert user in overview.nearly_used(user, NOW)
    services.set_user_cap(user, None, NOW)
    assert user not in overview.nearly_used(user, NOW)
    assert overview.nearly_used(user, datetime(2026, 12, 1, tzinfo=UTC)) == {}


def test_a_day_under_its_limit() -> None:
    subject = make_subject(BudgetLimits(100, daily_cents=5))
    Window.objects.filter(subject_id=subject.connection_id, kind="day").update(spent_nanos=CENT)
    balance = overview.today(subject.connection_id, NOW)
    assert balance is not None
    assert (balance.limit_nanos, balance.spent_nanos, balance.period_end) == (5 * CENT, CENT, datetime(2026, 11, 24, tzinfo=UTC))
    tomorrow = overview.today(subject.connection_id, NOW + timedelta(days=1))
    assert tomorrow is not None
    assert tomorrow.spent_nanos == 0
    assert overview.today(make_subject().connection_id, NOW) is None
    assert overview.today("con_none", NOW) is None


def test_a_chart_rounds_up_to_micro_dollars_and_leaves_other_days_out() -> None:
    days = [date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3)]
    chart = spend_chart(days, {"Groq": {days[1]: 1}, "OpenAI": {days[1]: 30 * CENT, date(2020, 1, 1): 99}})
    assert chart.drawn == {
        "labels": ["2026-11-01", "2026-11-02", "2026-11-03"],
        "series": [{"name": "OpenAI", "values": [0, 300_000, 0]}, {"name": "Groq", "values": [0, 1, 0]}],
        "unit": "usd",
    }
