"""What an app's calls come to, over all its users: by day and provider, by model, by connection; and as a file of commas."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Q

from relay.core.money import micros_up
from usage import reports
from usage.overview import Spend
from usage.periods import midnight, periods_at

if TYPE_CHECKING:
    from usage.reports import Report, Sums

CSV_GROUPS: Final = ("day", "provider", "model", "connection")
_COLUMNS: Final = ("requests", "errors", "input_tokens", "output_tokens", "cached_input_tokens")
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")


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


def as_csv(app_id: str, span: Span) -> str:
    """Every day, provider, model and connection of the span, a line each, costs in micro-dollars rounded up. Three queries."""
    report = reports.report(Q(app_id=app_id), span.start, span.end, CSV_GROUPS)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*CSV_GROUPS, *_COLUMNS, "cost_micros"])
    writer.writerows(_lines(report))
    return text.getvalue()


def _lines(report: Report) -> list[list[str | int]]:
    ordered = sorted(report.items.items(), key=lambda item: [str(value) for value in item[0]])
    return [
        [*(_plain(str(value)) for value in key), *(getattr(sums, name) for name in _COLUMNS), micros_up(sums.cost_nanos)]
        for key, sums in ordered
    ]


def _plain(text: str) -> str:
    """Text that no spreadsheet takes for a formula: models are named by callers."""
    return f"'{text}" if text.startswith(_FORMULAS) else text
