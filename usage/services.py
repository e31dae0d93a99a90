"""What other packages ask of money: open a budget, change its limits, read balances, cap a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Greatest

from accounts.models import UserSession
from accounts.services import activity
from relay.core.money import cents_to_nanos, dollars
from usage import notices, rollups, statements
from usage.models import Budget, Hold, KeyUse, LedgerEntry, Rollup, Window
from usage.periods import midnight, month_bounds, months_before, periods_at
from usage.windows import open_windows


@dataclass(frozen=True, slots=True)
class BudgetLimits:
    """A connection's limits: whole cents a UTC month and day, calls a UTC minute, calls at once. None is no limit."""

    monthly_cents: int
    daily_cents: int | None = None
    requests_per_minute: int | None = None
    concurrency: int | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """A subject's present UTC month, in nano-dollars. `limit_nanos` is None for a person without a cap."""

    limit_nanos: int | None
    spent_nanos: int
    held_nanos: int
    period_start: datetime
    period_end: datetime


@transaction.atomic
def open_budget(connection_id: str, user_id: str, limits: BudgetLimits, now: datetime) -> None:
    """Give a new connection its budget and present windows; and its user a row to be capped by. Safe to repeat."""
    Budget.objects.get_or_create(subject_id=user_id, defaults={"user_id": user_id})
    Budget.objects.get_or_create(subject_id=connection_id, defaults={"user_id": user_id, **_columns(limits)})
    _open_windows(connection_id, user_id, now)


@transaction.atomic
def set_limits(connection_id: str, limits: BudgetLimits, now: datetime) -> None:
    """Change a connection's limits from the next admission on. What was spent and is held under the old ones stays.

    Raises: Budget.DoesNotExist.
    """
    budget = Budget.objects.select_for_update().get(subject_id=connection_id)
    columns = _columns(limits)
    for name, value in columns.items():
        setattr(budget, name, value)
    budget.save(update_fields=list(columns))
    periods = periods_at(now)
    months = Window.objects.filter(subject_id=connection_id, kind=Window.MONTH, starts_on__gte=periods.month_on)
    _limit(months, budget.monthly_nanos)
    days = Window.objects.filter(subject_id=connection_id, kind=Window.DAY, starts_on__gte=periods.day_on)
    _limit(days, budget.daily_nanos)
    notices.forget_unreached(connection_id, now)


@transaction.atomic
def set_user_cap(user_id: str, monthly_cents: int | None, now: datetime, by: UserSession | None = None) -> Balance:
    """Cap what all of a person's connections may spend together in a UTC month, or (None) lift the cap. `by`: the device."""
    Budget.objects.get_or_create(subject_id=user_id, defaults={"user_id": user_id})
    budget = Budget.objects.select_for_update().get(subject_id=user_id)
    budget.monthly_nanos = None if monthly_cents is None else cents_to_nanos(monthly_cents)
    budget.save(update_fields=["monthly_nanos"])
    month_on = periods_at(now).month_on
    _limit(Window.objects.filter(subject_id=user_id, kind=Window.MONTH, starts_on__gte=month_on), budget.monthly_nanos)
    notices.forget_unreached(user_id, now)
    if by is not None:
        words = "No cap" if budget.monthly_nanos is None else f"{dollars(budget.monthly_nanos).removesuffix('.00')} a month"
        activity.record(by.user, "cap_changed", now, session=by, subject=words)
    return balances([user_id], now)[user_id]


def balances(subject_ids: Iterable[str], now: datetime) -> dict[str, Balance]:
    """The present month of connections (or users), by id; those without a budget are left out. Two queries."""
    wanted = list(subject_ids)
    month_on = periods_at(now).month_on
    start, end = month_bounds(now)
    windows = {window.subject_id: window for window in Window.objects.filter(subject_id__in=wanted, kind=Window.MONTH, starts_on=month_on)}
    found = {}
    for budget in Budget.objects.filter(subject_id__in=wanted):
        window = windows.get(budget.subject_id)
        spent, held = (window.spent_nanos, window.held_nanos) if window else (0, 0)
        found[budget.subject_id] = Balance(budget.monthly_nanos, spent, held, start, end)
    return found


def last_used_at(connection_ids: Iterable[str]) -> dict[str, datetime]:
    """When each connection's latest ended call was admitted; those never used are left out."""
    # The index's last entry of each, not the greatest of all: a connection may have a million calls.
    calls = LedgerEntry.objects.filter(connection_id=OuterRef("subject_id")).order_by("-admitted_at")
    latest = Budget.objects.filter(subject_id__in=list(connection_ids)).annotate(at=Subquery(calls.values("admitted_at")[:1]))
    return {budget_id: at for budget_id, at in latest.values_list("subject_id", "at") if at is not None}


def providers_last_used_at(user_id: str) -> dict[str, datetime]:
    """When a person's key of each provider was last used by any connection, by provider. Three queries.

    From what rollups kept of calls (KeyUse), and from the ledger since.
    """
    used = dict(KeyUse.objects.filter(user_id=user_id).values_list("provider", "used_at"))
    until = rollups.final_until(Rollup.HOUR)
    since = LedgerEntry.objects.filter(user_id=user_id, admitted_at__gte=until).values("provider")
    return used | dict(since.annotate(at=Max("admitted_at")).values_list("provider", "at"))


def roll_over(now: datetime) -> int:
    """Open the present windows of every connection in use that lacks its month; returns how many. Safe to repeat.

    Admissions open the windows they need themselves: this saves the month's first calls from doing so. In use is what has
    made a call since the month before last began; what has ended or lies idle gets no more rows.
    """
    month_on = periods_at(now).month_on
    have = Window.objects.filter(kind=Window.MONTH, starts_on=month_on).values("subject_id")
    calls = LedgerEntry.objects.filter(connection_id=OuterRef("subject_id"), admitted_at__gte=midnight(months_before(month_on, 2)))
    is_used = Exists(calls) | Q(subject_id__in=Hold.objects.values("connection_id"))
    lacking = list(Budget.objects.exclude(subject_id__in=have).filter(is_used).values_list("subject_id", "user_id"))
    for connection_id, user_id in lacking:
        with transaction.atomic():
            _open_windows(connection_id, user_id, now)
    return len(lacking)


def _columns(limits: BudgetLimits) -> dict[str, int | None]:
    return {
        "monthly_nanos": cents_to_nanos(limits.monthly_cents),
        "daily_nanos": None if limits.daily_cents is None else cents_to_nanos(limits.daily_cents),
        "requests_per_minute": limits.requests_per_minute,
        "concurrency": limits.concurrency,
    }


def _limit(windows: QuerySet[Window], limit_nanos: int | None) -> None:
    """Put a limit on windows; where more is spent and held already, the bound stays at that (models, invariant a)."""
    if limit_nanos is None:
        windows.update(limit_nanos=None, bound_nanos=None)
    else:
        bound = Greatest(Value(limit_nanos), F("spent_nanos") + F("held_nanos"))
        windows.update(limit_nanos=limit_nanos, bound_nanos=bound)


def _open_windows(connection_id: str, user_id: str, now: datetime) -> None:
    periods = periods_at(now)
    params = {
        "connection_id": connection_id,
        "user_id": user_id,
        "month_on": periods.month_on,
        "day_on": periods.day_on,
    }
    statements.run(open_windows(statements.dialect()), params)
