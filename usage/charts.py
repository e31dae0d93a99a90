"""Spending by day and name as templates/parts/chart.html draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay.core.charts import Chart, stacked
from relay.core.money import micros_up

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date


def spend_chart(days: Sequence[date], by_name: Mapping[str, Mapping[date, int]]) -> Chart:
    """The chart of nano-dollars by name and day, in micro-dollars rounded up; days that are not among `days` are left out."""
    return stacked(days, {name: [micros_up(by_day.get(day, 0)) for day in days] for name, by_day in by_name.items()}, "usd")
