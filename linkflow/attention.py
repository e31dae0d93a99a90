"""What of a person's connections wants something done, each with the one step that mends it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from linkflow.cards import name_of, provider_of
from linkflow.models import Connection, SealedKey
from relay.core.times import Moment
from usage.meters import meter_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from accounts.models import User
    from linkflow.models import ConnectionQuerySet
    from usage.services import Balance

SOON: Final = timedelta(days=7)
MOST_OF_A_KIND: Final = 5
_MOST_READ: Final = 200


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing to see to: `tone` is bad, warn or plain; the button leads to `href` or does `does`."""

    tone: str
    title: str
    text: str
    action: str
    href: str = ""
    does: str = ""


def dead_keys(user: User) -> list[Matter]:
    """Keys that a provider refused, each once, with the apps that can't use them. One query."""
    live = SealedKey.objects.filter(connection__user=user, connection__trial=False, connection__status__in=Connection.LIVE)
    broken = (
        live.filter(attention_code__isnull=False)
        .select_related("connection__app")
        .defer("connection__app__logo")
        .order_by("provider", "connection_id")[:_MOST_READ]
    )
    names: dict[str, list[str]] = {}
    codes: dict[str, str | None] = {}
    for seal in broken:
        names.setdefault(seal.provider, []).append(name_of(seal.connection))
        codes.setdefault(seal.provider, seal.attention_code)
    return [_dead_key(provider, codes[provider], apps) for provider, apps in names.items()]


def _dead_key(provider_id: str, code: str | None, apps: list[str]) -> Matter:
    provider = provider_of(provider_id, code or "")
    text = f"{_listed(apps)} can’t use it. {provider.advice}"
    return Matter("bad", provider.trouble, text, f"Replace the {provider.name} key", f"/keys#key-{provider_id}")


def full_budgets(user: User, nearly_used: Mapping[str, Balance], now: datetime) -> list[Matter]:
    """Budgets that are nearly or quite used (`usage.overview.nearly_used`), the fullest first. One query."""
    live = _live(user, now).filter(pk__in=[subject for subject in nearly_used if subject != user.pk])
    rows = [(meter_of(nearly_used[row.pk]), row) for row in live]
    rows.sort(key=lambda row: -row[0].value / row[0].max)
    return [
        Matter(
            "bad" if meter.exhausted else "warn",
            f"{name_of(row)} has used up its budget." if meter.exhausted else f"{name_of(row)} has nearly used its budget.",
            f"{meter.used} of {meter.limit} this month. It starts anew on {meter.resets_at:%-d %B} (UTC).",
            "Change its limits",
            f"/connections/{row.pk}#limits",
        )
        for meter, row in rows[:MOST_OF_A_KIND]
    ]


def ending_soon(user: User, now: datetime) -> list[Matter]:
    """Connections that reach their end within a week, the next one first. One query."""
    soon = _live(user, now).filter(expires_at__isnull=False, expires_at__gt=now, expires_at__lte=now + SOON)
    return [
        Matter(
            "warn",
            f"{name_of(row)} expires {Moment.of(row.expires_at, now).words}.",
            f"It ends for good on {row.expires_at:%-d %B, %H:%M} UTC; later you would have to connect it anew.",
            "Extend it",
            f"/connections/{row.pk}#limits",
        )
        for row in soon.order_by("expires_at", "pk")[:MOST_OF_A_KIND]
        if row.expires_at is not None
    ]


def _live(user: User, now: datetime) -> ConnectionQuerySet:
    rows = Connection.objects.filter(user=user, trial=False, status__in=[Connection.ACTIVE, Connection.PAUSED])
    return rows.exclude(expires_at__isnull=False, expires_at__lte=now).select_related("app").defer("app__logo")


def _listed(names: list[str]) -> str:
    """Two names, and how many more."""
    different = list(dict.fromkeys(names))
    more = len(different) - 2
    shown = different if more <= 0 else [*different[:2], f"{more} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
