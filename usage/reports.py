"""Usage by group, always equal to the ledger: days that are final from their rollups, the rest from the ledger itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import TruncDay

from usage import rollups
from usage.models import LedgerEntry, Rollup
from usage.periods import midnight

GROUPS = {"day": "day", "app": "app_id", "provider": "provider", "model": "model", "connection": "connection_id"}

Key = tuple[Any, ...]


@dataclass(slots=True)
class Sums:
    """What a group of calls comes to. `cost_nanos` is exact."""

    requests: int = 0
    errors: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    cost_nanos: int = 0

    def add(self, values: dict[str, Any]) -> None:
        """Add a row of sums by the same names."""
        for name in rollups.SUMMED:
            setattr(self, name, getattr(self, name) + values[f"sum_{name}"])


@dataclass(frozen=True, slots=True)
class Report:
    """Sums by the values of the groups asked for, in their order; and the sums of all of them."""

    groups: tuple[str, ...]
    items: dict[Key, Sums]
    totals: Sums = field(default_factory=Sums)


def report(whose: Q, start: datetime, end: datetime, groups: tuple[str, ...]) -> Report:
    """Sum the calls admitted from `start` to before `end` that `whose` selects, grouped by members of GROUPS."""
    found = Report(groups, {})
    columns = [GROUPS[group] for group in groups]
    for row in _rows(whose, start, end, columns):
        key = tuple(_day(row[column]) if column == "day" else row[column] for column in columns)
        found.items.setdefault(key, Sums()).add(row)
        found.totals.add(row)
    if not groups:
        found.items.setdefault((), found.totals)
    return found


def page_of_day(whose: Q, day: date, groups: tuple[str, ...], after: Key | None, count: int) -> list[tuple[Key, Sums]]:
    """The first `count` groups of the calls of one UTC day that `whose` selects, in the groups' order, after the key `after`."""
    columns = [GROUPS[group] for group in groups]
    start, end = midnight(day), midnight(day + timedelta(days=1))
    if after is not None:
        whose &= _beyond(columns, after)
    rows: QuerySet[Any, dict[str, Any]]
    if end <= rollups.final_until(Rollup.DAY):
        rows = _of_rollups(whose & Q(kind=Rollup.DAY, starts_at=start), columns)
    else:
        rows = _of_ledger(whose & _between(start, end), columns)
    return [_summed(row, columns) for row in rows.order_by(*columns)[:count]]


def _beyond(columns: list[str], key: Key) -> Q:
    """Of rows ordered by these columns: those after the key."""
    beyond, same = Q(), Q()
    for column, value in zip(columns, key, strict=True):
        beyond |= same & Q(**{f"{column}__gt": value})
        same &= Q(**{column: value})
    return beyond


def _summed(row: dict[str, Any], columns: list[str]) -> tuple[Key, Sums]:
    sums = Sums()
    sums.add(row)
    return tuple(row[column] for column in columns), sums


def _rows(whose: Q, start: datetime, end: datetime, columns: list[str]) -> Iterator[dict[str, Any]]:
    final_from, final_until = _ceiling_day(start), min(_floor_day(end), rollups.final_until(Rollup.DAY))
    if final_from >= final_until:
        yield from _of_ledger(whose & _between(start, end), columns)
        return
    yield from _of_rollups(whose & Q(kind=Rollup.DAY, starts_at__gte=final_from, starts_at__lt=final_until), columns)
    yield from _of_ledger(whose & (_between(start, final_from) | _between(final_until, end)), columns)


def _of_ledger(selected: Q, columns: list[str]) -> QuerySet[LedgerEntry, dict[str, Any]]:
    entries = LedgerEntry.objects.filter(selected).annotate(day=TruncDay("admitted_at", tzinfo=UTC))
    sums = {f"sum_{name}": expression for name, expression in rollups.SUMS.items()}
    rows: QuerySet[LedgerEntry, dict[str, Any]] = entries.order_by().values(*columns).annotate(**sums)
    return rows


def _of_rollups(selected: Q, columns: list[str]) -> QuerySet[Rollup, dict[str, Any]]:
    days = Rollup.objects.filter(selected).annotate(day=TruncDay("starts_at", tzinfo=UTC))
    sums = {f"sum_{name}": Sum(name) for name in rollups.SUMMED}
    rows: QuerySet[Rollup, dict[str, Any]] = days.order_by().values(*columns).annotate(**sums)
    return rows


def _between(start: datetime, end: datetime) -> Q:
    return Q(admitted_at__gte=start, admitted_at__lt=end)


def _floor_day(at: datetime) -> datetime:
    return midnight(at.astimezone(UTC).date())


def _ceiling_day(at: datetime) -> datetime:
    floor = _floor_day(at)
    return floor if floor == at else floor + timedelta(days=1)


def _day(value: datetime) -> date:
    return value.astimezone(UTC).date()
