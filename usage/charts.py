"""Sums by day as the pages draw them: bars stacked by name, the same numbers as text, and a sentence that says it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from relay.core.money import dollars, micros_up

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    ByDay = Mapping[str, Mapping[date, int]]

MOST_SERIES: Final = 7
"""More can't be told apart; the smallest are drawn together."""
OTHERS: Final = "Others"


def spend_chart(days: Sequence[date], by_name: ByDay) -> dict[str, Any]:
    """What templates/parts/chart.html and `<usage-chart>` take: micro-dollars rounded up, the dearest name first.

    `by_name` has nano-dollars by name and day; days of it that are not among `days` are left out.
    """
    series = _series(days, by_name)
    totals = [sum(nanos[place] for _, nanos in series) for place in range(len(days))]
    return {
        "unit": "usd",
        "labels": [day.isoformat() for day in days],
        "series": [{"name": name, "values": [micros_up(value) for value in nanos]} for name, nanos in series],
        "summary": _summary(days, totals),
        "rows": [
            {"label": f"{day:%-d %b}", "cells": [dollars(nanos[place]) for _, nanos in series], "total": dollars(totals[place])}
            for place, day in enumerate(days)
            if totals[place]
        ],
    }


def _series(days: Sequence[date], by_name: ByDay) -> list[tuple[str, list[int]]]:
    rows = [(name, [by_day.get(day, 0) for day in days]) for name, by_day in by_name.items()]
    rows.sort(key=lambda row: (-sum(row[1]), row[0].lower()))
    if len(rows) <= MOST_SERIES:
        return rows
    rest: Counter[int] = Counter()
    for _, nanos in rows[MOST_SERIES - 1 :]:
        rest.update(dict(enumerate(nanos)))
    return [*rows[: MOST_SERIES - 1], (OTHERS, [rest[place] for place in range(len(days))])]


def _summary(days: Sequence[date], totals: Sequence[int]) -> str:
    if not any(totals):
        return "Nothing was spent in this time."
    dearest = max(range(len(totals)), key=totals.__getitem__)
    return f"{dollars(sum(totals))} in all. The dearest day was {days[dearest]:%-d %B} with {dollars(totals[dearest])}."
