"""A budget as a bar with its words, for templates/parts/meter.html."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relay.core.money import NANOS_PER_MICRO, dollars

if TYPE_CHECKING:
    from datetime import datetime

    from usage.services import Balance


@dataclass(frozen=True, slots=True)
class Meter:
    """What of a limit is used: micro-dollars for the bar, with what running calls hold; words beside it."""

    value: int
    max: int
    used: str
    limit: str
    held: str
    exhausted: bool
    resets_at: datetime

    @property
    def low(self) -> int:
        """From here on the bar warns: four fifths."""
        return self.max * 4 // 5

    @property
    def high(self) -> int:
        """From here on the bar alarms: nineteen twentieths."""
        return self.max * 19 // 20


def meter_of(balance: Balance) -> Meter:
    """The meter of a balance that has a limit."""
    limit_nanos, used_nanos = balance.limit_nanos or 0, balance.spent_nanos + balance.held_nanos
    return Meter(
        value=used_nanos // NANOS_PER_MICRO,
        max=max(limit_nanos // NANOS_PER_MICRO, 1),
        used=dollars(balance.spent_nanos),
        limit=dollars(limit_nanos),
        held=dollars(balance.held_nanos) if balance.held_nanos else "",
        exhausted=used_nanos >= limit_nanos,
        resets_at=balance.period_end,
    )
