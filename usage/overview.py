"""What a person's pages say of money: a month over all apps, thirty days of one connection, budgets that are nearly used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import F, Q

from usage import reports
from usage.models import Budget, Window
from usage.periods import midnight, month_bounds, periods_at
from usage.reports import Sums
from usage.rollups import SUMMED
from usage.services import Balance

if TYPE_CHECKING:
    from usage.reports import Report

NEARLY_PERCENT: Final = 80
"""From here on a budget wants attention."""


@dataclass(frozen=True, slots=True)
class Spend:
    """The calls of some days, up to today: by day and by the other groups of the report."""

    days: tuple[date, ...]
    report: Report

    @property
    def totals(self) -> Sums:
        """Everything together."""
        return self.report.totals

    def by(self, group: str) -> dict[str, Sums]:
        """Sums by the values of one group, the dearest first."""
        place, found = self.report.groups.index(group), dict[str, Sums]()
        for key, sums in self.report.items.items():
            _add(found.setdefault(key[place], Sums()), sums)
        return dict(sorted(found.items(), key=lambda item: (-item[1].cost_nanos, item[0])))

    def by_day(self, group: str) -> dict[str, dict[date, int]]:
        """Nano-dollars by the values of one group and by day, for charts."""
        place, at_day, found = self.report.groups.index(group), self.report.groups.index("day"), dict[str, dict[date, int]]()
        for key, sums in self.report.items.items():
            days = found.setdefault(key[place], {})
            days[key[at_day]] = days.get(key[at_day], 0) + sums.cost_nanos
        return found


def this_month(user_id: str, now: datetime) -> Spend:
    """A person's present UTC month by day, app and provider. Three queries."""
    start, end = month_bounds(now)
    report = reports.report(Q(user_id=user_id), start, end, ("day", "app", "provider"))
    return Spend(_days(start.date(), (end - timedelta(days=1)).date()), report)


def last_days(user_id: str, connection_id: str, now: datetime, count: int = 30) -> Spend:
    """One connection's last UTC days, today included, by day, provider and model. Three queries."""
    today = periods_at(now).day_on
    first = today - timedelta(days=count - 1)
    whose = Q(user_id=user_id, connection_id=connection_id)
    report = reports.report(whose, midnight(first), midnight(today + timedelta(days=1)), ("day", "provider", "model"))
    return Spend(_days(first, today), report)


def calls_of(user_id: str, since: datetime, now: datetime) -> int:
    """How many calls a person's connections have ended since then, from sums, not by counting each. Three queries."""
    return reports.report(Q(user_id=user_id), since, now, ()).totals.requests


def nearly_used(user_id: str, now: datetime) -> dict[str, Balance]:
    """The monthly budgets of a person's connections, and their own cap, that are used by NEARLY_PERCENT or more. One query."""
    start, end = month_bounds(now)
    mine = Budget.objects.filter(user_id=user_id).values("subject_id")
    windows = Window.objects.filter(kind=Window.MONTH, starts_on=periods_at(now).month_on, limit_nanos__isnull=False, subject_id__in=mine)
    used = windows.annotate(used=(F("spent_nanos") + F("held_nanos")) * 100).filter(used__gte=F("limit_nanos") * NEARLY_PERCENT)
    return {row.subject_id: Balance(row.limit_nanos, row.spent_nanos, row.held_nanos, start, end) for row in used}


def today(connection_id: str, now: datetime) -> Balance | None:
    """A connection's present UTC day under its daily limit; None without one. Two queries."""
    budget = Budget.objects.filter(subject_id=connection_id).first()
    if budget is None or budget.daily_nanos is None:
        return None
    day_on = periods_at(now).day_on
    window = Window.objects.filter(subject_id=connection_id, kind=Window.DAY, starts_on=day_on).first()
    spent, held = (window.spent_nanos, window.held_nanos) if window else (0, 0)
    return Balance(budget.daily_nanos, spent, held, midnight(day_on), midnight(day_on + timedelta(days=1)))


def _days(first: date, last: date) -> tuple[date, ...]:
    return tuple(first + timedelta(days=count) for count in range((last - first).days + 1))


def _add(sums: Sums, more: Sums) -> None:
    for name in SUMMED:
        setattr(sums, name, getattr(sums, name) + getattr(more, name))
