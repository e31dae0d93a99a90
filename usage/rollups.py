"""Sums the ledger by hour and by day of admission (UTC), so that long reports need not read every call.

All periods that are not final are worked out anew from the ledger each time: running twice, or in two processes,
changes nothing. A period is final once it is over and no hold admitted in it is open: nothing can be added to it any
more, and reports read it from here instead of from the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Min, Sum
from django.db.models.functions import Coalesce, TruncDay, TruncHour

from usage.models import IS_ERROR, Closed, Hold, KeyUse, LedgerEntry, Rollup

# Longer than an admission can be under way, and than servers' clocks may differ.
MARGIN = timedelta(minutes=2)
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
_TRUNCATE = {Rollup.HOUR: TruncHour, Rollup.DAY: TruncDay}
_MOST_AT_ONCE = 500

SUMMED = ("requests", "errors", "input_tokens", "output_tokens", "cached_input_tokens", "cost_nanos")
SUMS: dict[str, Any] = {
    "requests": Count("hold_id"),
    "errors": Count("hold_id", filter=IS_ERROR),
    **{name: Coalesce(Sum(name), 0) for name in SUMMED[2:]},
}


@transaction.atomic
def catch_up(kind: str, now: datetime) -> None:
    """Write the sums of every period of this kind that was not final yet, then note which of them now are."""
    Closed.objects.get_or_create(kind=kind, defaults={"until": _BEGINNING})
    closed = Closed.objects.select_for_update().get(kind=kind)
    final_until = _final_until(kind, now)  # before the ledger is read: what ends in between is in the next run
    grouped = (
        LedgerEntry.objects.filter(admitted_at__gte=closed.until)
        .annotate(starts_at=_TRUNCATE[kind]("admitted_at", tzinfo=UTC))
        .values("starts_at", "connection_id", "provider", "model")
        .annotate(last_user_id=Max("user_id"), last_app_id=Max("app_id"), last_at=Max("admitted_at"))
        .annotate(**{f"sum_{name}": expression for name, expression in SUMS.items()})
    )
    groups = list(grouped)
    Rollup.objects.bulk_create(
        [_rollup(kind, group) for group in groups],
        batch_size=_MOST_AT_ONCE,
        update_conflicts=True,
        unique_fields=["kind", "starts_at", "connection_id", "provider", "model"],
        update_fields=["user_id", "app_id", *SUMMED],
    )
    if kind == Rollup.HOUR:
        _keep_uses(groups)
    if final_until > closed.until:
        closed.until = final_until
        closed.save(update_fields=["until"])


def final_until(kind: str) -> datetime:
    """Before when the rollups of this kind are final: an hour's beginning, or a midnight."""
    closed = Closed.objects.filter(kind=kind).first()
    return closed.until if closed else _BEGINNING


def _final_until(kind: str, now: datetime) -> datetime:
    oldest_open: datetime | None = Hold.objects.aggregate(at=Min("admitted_at"))["at"]
    return min(_floor(kind, now - MARGIN), _floor(kind, oldest_open or now))


def _keep_uses(groups: Iterable[Mapping[str, Any]]) -> None:
    """Note each key's latest call. What is summed now is never older than what was summed before."""
    latest: dict[tuple[str, str], datetime] = {}
    for group in groups:
        key = (group["last_user_id"], group["provider"])
        latest[key] = max(group["last_at"], latest.get(key, group["last_at"]))
    KeyUse.objects.bulk_create(
        [KeyUse(user_id=user_id, provider=provider, used_at=at) for (user_id, provider), at in sorted(latest.items()) if user_id],
        batch_size=_MOST_AT_ONCE,
        update_conflicts=True,
        unique_fields=["user_id", "provider"],
        update_fields=["used_at"],
    )


def _floor(kind: str, at: datetime) -> datetime:
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour if kind == Rollup.HOUR else hour.replace(hour=0)


def _rollup(kind: str, group: Mapping[str, Any]) -> Rollup:
    return Rollup(
        kind=kind,
        starts_at=group["starts_at"],
        user_id=group["last_user_id"],
        app_id=group["last_app_id"],
        connection_id=group["connection_id"],
        provider=group["provider"],
        model=group["model"],
        **{name: group[f"sum_{name}"] for name in SUMMED},
    )
