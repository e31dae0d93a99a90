"""The UTC periods of money: months, days, and the minute that requests are counted in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Periods:
    """The periods a moment belongs to, each named by its beginning."""

    month_on: date
    day_on: date
    minute_at: datetime


def periods_at(at: datetime) -> Periods:
    """The UTC month, day and minute of an aware moment."""
    return _periods_of(int(at.timestamp() // 60))


@lru_cache(maxsize=8)
def _periods_of(minute: int) -> Periods:
    minute_at = datetime.fromtimestamp(minute * 60, UTC)
    day_on = minute_at.date()
    return Periods(day_on.replace(day=1), day_on, minute_at)


def midnight(on: date) -> datetime:
    """The moment a UTC day begins."""
    return datetime.combine(on, time(), UTC)


def next_month(month_on: date) -> date:
    """The first day of the month after that one."""
    return (month_on.replace(day=1) + timedelta(days=32)).replace(day=1)


def months_before(month_on: date, months: int) -> date:
    """The first day of the month that many months before that one."""
    year, month = divmod(month_on.year * 12 + month_on.month - 1 - months, 12)
    return date(year, month + 1, 1)


def month_bounds(at: datetime) -> tuple[datetime, datetime]:
    """The beginning of the moment's UTC month, and of the next one."""
    month_on = periods_at(at).month_on
    return midnight(month_on), midnight(next_month(month_on))
