"""Windows above their limit: their user has lowered it, or a provider billed more than the worst case it documents.

Nothing new is admitted in such a window. What the calls under way may still cost is what is left of the limit, shared
out by what each of them holds: while every one keeps to its share, the limit is kept, in whatever order they end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from relay.core.errors import BudgetExceeded
from relay.core.money import NANOS_PER_CENT, micros_up

if TYPE_CHECKING:
    from collections.abc import Sequence

_ALIASES: Final = {"m": "monthly", "d": "daily", "u": "user"}
_SUMS: Final = ("limit_nanos", "spent_nanos", "held_nanos")

COLUMNS: Final = ", ".join(f"{alias}.{name}" for alias in _ALIASES for name in _SUMS)
"""What `read` takes, of the joins below."""

IS_ANY: Final = " OR ".join(f"{alias}.id IS NOT NULL" for alias in _ALIASES)
"""Whether one of the joins below has found something."""

_JOIN = """
LEFT JOIN usage_window {alias} ON {alias}.subject_id = {subject} AND {alias}.kind = '{kind}' AND {alias}.starts_on = {starts_on}
  AND {alias}.spent_nanos + {alias}.held_nanos > {alias}.limit_nanos"""


@dataclass(frozen=True, slots=True)
class Overdrawn:
    """A window above its limit; `which` as in the details of `budget_exceeded` (api.md)."""

    which: str
    limit_nanos: int
    spent_nanos: int
    held_nanos: int

    def share_of(self, granted_nanos: int) -> int:
        """What a call that holds so much may cost in all, in nano-dollars."""
        return granted_nanos * max(0, self.limit_nanos - self.spent_nanos) // max(1, self.held_nanos)

    def error(self, resets_at: datetime) -> BudgetExceeded:
        """Why a running call ends here."""
        return BudgetExceeded(
            "The budget was lowered below what this call costs. It was ended, and what it has cost is booked.",
            details={
                "which": self.which,
                "limitCents": self.limit_nanos // NANOS_PER_CENT,
                "spentMicros": micros_up(self.spent_nanos),
                "heldMicros": micros_up(self.held_nanos),
                "resetsAt": resets_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
        )


def joins(connection_id: str, user_id: str, month_on: str, day_on: str) -> str:
    """SQL that joins a call's windows as m, d and u, each where it stands above its limit. Takes column names."""
    month = _JOIN.format(alias="m", subject=connection_id, kind="month", starts_on=month_on)
    day = _JOIN.format(alias="d", subject=connection_id, kind="day", starts_on=day_on)
    return month + day + _JOIN.format(alias="u", subject=user_id, kind="month", starts_on=month_on)


def read(columns: Sequence[Any]) -> tuple[Overdrawn, ...]:
    """The windows in a row of COLUMNS."""
    width = len(_SUMS)
    found = zip(_ALIASES.values(), (columns[at : at + width] for at in range(0, len(columns), width)), strict=True)
    return tuple(Overdrawn(which, *sums) for which, sums in found if sums[0] is not None)
