"""What templates/parts/chart.html shows: bars by day, stacked by series, with the same numbers as a table and in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from relay.core.money import NANOS_PER_MICRO, dollars

if TYPE_CHECKING:
    from datetime import date

MOST_SERIES = 8
OTHERS = "Others"
Unit = Literal["usd", "count"]


@dataclass(frozen=True, slots=True)
class Row:
    """One day of the table, in words."""

    label: str
    cells: list[str]
    total: str


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of the chart: whole numbers, a day each."""

    name: str
    values: list[int]


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything the part needs: `drawn` is what the script reads, `rows` the table; both hold the same numbers."""

    days: list[date]
    series: list[Series]
    unit: Unit

    @property
    def totals(self) -> list[int]:
        """All series together, a number for each day."""
        return [sum(series.values[at] for series in self.series) for at in range(len(self.days))]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(self.totals)

    @property
    def drawn(self) -> dict[str, object]:
        """The JSON for `<usage-chart>` (clients/pages/src/ui/chartWords.ts)."""
        series = [{"name": one.name, "values": one.values} for one in self.series]
        return {"labels": [day.isoformat() for day in self.days], "series": series, "unit": self.unit}

    @property
    def summary(self) -> str:
        """What the chart shows, in a sentence."""
        if self.is_empty:
            return "Nothing on this day." if len(self.days) == 1 else f"Nothing in these {self._period}."
        most, day = max(zip(self.totals, self.days, strict=True))
        return f"{self._words(sum(self.totals))} in {self._period}; most on {day:%-d %B}: {self._words(most)}."

    @property
    def _period(self) -> str:
        return "one day" if len(self.days) == 1 else f"{len(self.days)} days"

    @property
    def rows(self) -> list[Row]:
        """The table, newest day first."""
        rows = [
            Row(f"{day:%-d %b %Y}", [self._words(one.values[at]) for one in self.series], self._words(self.totals[at]))
            for at, day in enumerate(self.days)
        ]
        return rows[::-1]

    def _words(self, value: int) -> str:
        return dollars(value * NANOS_PER_MICRO) if self.unit == "usd" else f"{value:,}"


def stacked(days: Sequence[date], values: Mapping[str, Sequence[int]], unit: Unit) -> Chart:
    """The chart of these series, the largest first; more than eight would not be told apart, so the small ones become one.

    Each series has a whole number per day: micro-dollars for `usd`.
    """
    ranked = sorted(values.items(), key=lambda item: (-sum(item[1]), item[0]))
    kept, rest = (ranked, []) if len(ranked) <= MOST_SERIES else (ranked[: MOST_SERIES - 1], ranked[MOST_SERIES - 1 :])
    series = [Series(name, list(numbers)) for name, numbers in kept]
    if rest:
        series.append(Series(OTHERS, [sum(day) for day in zip(*(numbers for _, numbers in rest), strict=True)]))
    return Chart(list(days), series, unit)
