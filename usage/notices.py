"""Budgets that are nearly or wholly used: found here as facts, told by whoever knows people and how to reach them.

Each window is told of once a threshold. A raised limit makes new thresholds: what has not reached them counts as not told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When

from usage.models import Budget, BudgetNotice, Window
from usage.periods import months_before, periods_at

if TYPE_CHECKING:
    from datetime import date, datetime

NEARLY: Final = 80
USED_UP: Final = 100
_RESTARTED: Final = 0
"""What a BudgetNotice says of a month's beginning, in place of a threshold."""
_AT_ONCE: Final = 1000
# What is left of a limit, as a part of it: a fifth; and what rounds to nothing. Refused calls leave a remainder too small for
# any call, so that a budget is used up in practice before its last nano-dollar is spent. Divided, not multiplied: no overflow.
_LEFT: Final = {NEARLY: 5, USED_UP: 200}


@dataclass(frozen=True, slots=True)
class Crossed:
    """A month's window that reached a threshold, NEARLY or USED_UP. `subject_id` is a connection's, or for a cap the user's own."""

    subject_id: str
    user_id: str
    starts_on: date
    percent: int
    limit_nanos: int
    spent_nanos: int

    @property
    def is_cap(self) -> bool:
        """Whether this is the cap over all of a person's connections."""
        return self.subject_id == self.user_id


def crossed(now: datetime) -> list[Crossed]:
    """The present month's windows that reached a threshold nobody was told of; at most 1,000. One query, over one index.

    A window that reached both since the last look is there once, as used up.
    """
    told = BudgetNotice.objects.filter(subject_id=OuterRef("subject_id"), starts_on=OuterRef("starts_on"), percent__gte=OuterRef("reached"))
    whose = Budget.objects.filter(subject_id=OuterRef("subject_id")).values("user_id")
    windows = Window.objects.filter(_reached(NEARLY), kind=Window.MONTH, starts_on=periods_at(now).month_on, limit_nanos__gt=0)
    windows = windows.annotate(reached=Case(When(_reached(USED_UP), then=Value(USED_UP)), default=Value(NEARLY)), owner=Subquery(whose))
    rows = windows.filter(~Exists(told), owner__isnull=False).order_by("pk")
    columns = ("subject_id", "owner", "starts_on", "reached", "limit_nanos", "spent_nanos")
    return [Crossed(*row) for row in rows.values_list(*columns)[:_AT_ONCE]]


def note(found: Crossed, now: datetime) -> Crossed | None:
    """Claim the telling of a crossing in the caller's transaction; answers it as it stands now, or None: told, or raised, meanwhile.

    Writes: one BudgetNotice a threshold reached, the window's row locked.
    """
    window = Window.objects.select_for_update().filter(subject_id=found.subject_id, kind=Window.MONTH, starts_on=found.starts_on).first()
    reached = 0 if window is None else _percent(window)
    if window is None or window.limit_nanos is None or not reached:
        return None
    told = [
        BudgetNotice.objects.get_or_create(
            subject_id=found.subject_id, starts_on=found.starts_on, percent=percent, defaults={"told_at": now}
        )
        for percent in (NEARLY, USED_UP)
        if percent <= reached
    ]
    _, is_new = told[-1]
    if not is_new:
        return None
    return Crossed(found.subject_id, found.user_id, found.starts_on, reached, window.limit_nanos, window.spent_nanos)


def restarted(now: datetime) -> list[str]:
    """Subjects that a new month began for whose last one had reached a threshold, and nobody was told of that; at most 1,000."""
    month_on = periods_at(now).month_on
    before = months_before(month_on, 1)
    reached = BudgetNotice.objects.filter(subject_id=OuterRef("subject_id"), starts_on=before, percent__gte=NEARLY)
    told = BudgetNotice.objects.filter(subject_id=OuterRef("subject_id"), starts_on=month_on, percent=_RESTARTED)
    windows = Window.objects.filter(_reached(NEARLY), kind=Window.MONTH, starts_on=before, limit_nanos__gt=0)
    rows = windows.filter(Exists(reached), ~Exists(told)).order_by("pk")
    return list(rows.values_list("subject_id", flat=True)[:_AT_ONCE])


def note_restart(subject_id: str, now: datetime) -> bool:
    """Claim the telling of a new month in the caller's transaction; False: told meanwhile. Writes one BudgetNotice."""
    return BudgetNotice.objects.get_or_create(
        subject_id=subject_id, starts_on=periods_at(now).month_on, percent=_RESTARTED, defaults={"told_at": now}
    )[1]


def forget_unreached(subject_id: str, now: datetime) -> None:
    """After a limit was changed, in the same transaction: thresholds that are no longer reached can be told of again."""
    month_on = periods_at(now).month_on
    window = Window.objects.filter(subject_id=subject_id, kind=Window.MONTH, starts_on=month_on).first()
    if window is not None:
        BudgetNotice.objects.filter(subject_id=subject_id, starts_on=month_on, percent__gt=_percent(window)).delete()


def _reached(percent: int) -> Q:
    return Q(spent_nanos__gte=F("limit_nanos") - F("limit_nanos") / _LEFT[percent])


def _percent(window: Window) -> int:
    """The highest threshold that a window has reached, 0 for none."""
    limit = window.limit_nanos
    if not limit:
        return 0
    return max((percent for percent, part in _LEFT.items() if window.spent_nanos >= limit - limit // part), default=0)
