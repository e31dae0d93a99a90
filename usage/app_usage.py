"""What an app's calls come to, over all its users: by day and provider, by model, by connection; and as a file of commas."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.db.models import Q

from relay.core.money import micros_up
from usage import reports
from usage.export import CHUNK_ROWS, cell, csv_lines
from usage.overview import Spend
from usage.periods import midnight, periods_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from usage.reports import Key, Sums

LINE_GROUPS: Final = ("provider", "model", "connection")
_COLUMNS: Final = ("requests", "errors", "input_tokens", "output_tokens", "cached_input_tokens")


@dataclass(frozen=True, slots=True)
class Span:
    """The last UTC days, today included."""

    days: tuple[date, ...]

    @classmethod
    def of(cls, now: datetime, count: int) -> Span:
        """The last `count` days."""
        today = periods_at(now).day_on
        return cls(tuple(today - timedelta(days=back) for back in reversed(range(count))))

    @property
    def start(self) -> datetime:
        """When the first day begins."""
        return midnight(self.days[0])

    @property
    def end(self) -> datetime:
        """When today ends."""
        return midnight(self.days[-1] + timedelta(days=1))


def by_provider_and_model(app_id: str, span: Span) -> Spend:
    """An app's calls by day, provider and model. Three queries."""
    return Spend(span.days, reports.report(Q(app_id=app_id), span.start, span.end, ("day", "provider", "model")))


def by_connection(app_id: str, span: Span) -> list[tuple[str, Sums]]:
    """An app's calls by connection, the dearest first. Three queries."""
    found = reports.report(Q(app_id=app_id), span.start, span.end, ("connection",))
    return sorted(((key[0], sums) for key, sums in found.items.items()), key=lambda item: (-item[1].cost_nanos, item[0]))


async def csv_file(app_id: str, span: Span) -> AsyncIterator[bytes]:
    """Every day, provider, model and connection of the span, a line each, costs in micro-dollars rounded up.

    Written while it is read, CHUNK_ROWS lines at a time; between two parts no database connection is held.
    """
    yield csv_lines([["day", *LINE_GROUPS, *_COLUMNS, "cost_micros"]])
    for day in span.days:
        last: Key | None = None
        while rows := await sync_to_async(_rows_after)(app_id, day, last):
            yield csv_lines([_line(day, key, sums) for key, sums in rows])
            last = rows[-1][0]


def _rows_after(app_id: str, day: date, last: Key | None) -> list[tuple[Key, Sums]]:
    try:
        return reports.page_of_day(Q(app_id=app_id), day, LINE_GROUPS, last, CHUNK_ROWS)
    finally:
        close_old_connections()


def _line(day: date, key: Key, sums: Sums) -> list[Any]:
    return [day, *(cell(value) for value in key), *(getattr(sums, name) for name in _COLUMNS), micros_up(sums.cost_nanos)]
