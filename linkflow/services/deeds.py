"""What is done to connections, as their owner's activity tells it. Trial connections leave none: a key was checked, no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from accounts.services import activity
from linkflow.cards import name_of, provider_name
from linkflow.limits import Terms
from linkflow.models import Connection
from linkflow.services import news
from relay.core.money import cents_to_nanos, dollars

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.models import App, UserSession


@dataclass(frozen=True, slots=True)
class Before:
    """A connection as it was before a change: its terms, status, sealed keys by provider, and which of those failed."""

    terms: Terms
    status: str
    seals: dict[str, str]
    failing: frozenset[str]

    @classmethod
    def of(cls, connection: Connection) -> Before:
        """As the connection is now."""
        failing = connection.sealed_keys.filter(attention_code__isnull=False).values_list("provider", flat=True)
        return cls(Terms.of(connection), connection.status, _seals(connection), frozenset(failing))


def approved(connection: Connection, now: datetime, by: UserSession | None) -> None:
    """Record that its owner let an app, or a tool of their own, use keys. In the caller's transaction, as all of these."""
    providers = ", ".join(provider_name(provider) for provider in sorted(_seals(connection)))
    _record(connection, "connection_approved", now, by, f"{providers} · {_amount(connection.budget_cents)} a month")


def changed(connection: Connection, before: Before, now: datetime, by: UserSession | None) -> None:
    """Record what a change did, as one row; nothing where it did nothing."""
    parts = [*_term_words(before.terms, Terms.of(connection)), *_seal_words(before.seals, _seals(connection))]
    if connection.status == before.status:
        kind = "connection_changed" if parts else ""
    else:
        step = {Connection.PAUSED: "connection_paused", Connection.ACTIVE: "connection_resumed"}[connection.status]
        kind = "connection_changed" if parts else step
        parts += [activity.KINDS[step]] if parts else []
    if kind:
        _record(connection, kind, now, by, " · ".join(parts))
    news.changed(connection, before, now)


def ended(connection: Connection, kind: str, now: datetime, by: UserSession | None, why: str = "") -> None:
    """Record that a connection is over: `kind` says by whom, `why` anything that the kind does not."""
    _record(connection, kind, now, by, why)


def ended_with(apps: QuerySet[App], now: datetime) -> None:
    """Record that these apps' connections, which go with them, are over. In the transaction that deletes the apps."""
    live = Connection.objects.filter(app__in=apps, status__in=Connection.LIVE)
    for connection in live.select_related("app", "user").defer("app__logo").order_by("pk"):
        ended(connection, "connection_revoked", now, None, "The app was deleted")
        news.revoked(connection, "app_deleted", now)
    news.say_farewell(apps)


def _record(connection: Connection, kind: str, now: datetime, by: UserSession | None, detail: str) -> None:
    if connection.trial:
        return
    activity.record(connection.user, kind, now, session=by, subject=name_of(connection), subject_id=connection.pk, detail=detail)


def _term_words(old: Terms, new: Terms) -> list[str]:
    words = []
    if old.budget_cents != new.budget_cents:
        words.append(f"Budget {_amount(old.budget_cents)} → {_amount(new.budget_cents)} a month")
    if old != new.changed(old.budget_cents, {}):
        words.append("Limits changed")
    return words


def _seal_words(old: dict[str, str], new: dict[str, str]) -> list[str]:
    words = [f"Added {provider_name(provider)}" for provider in sorted(new.keys() - old.keys())]
    words += [f"Removed {provider_name(provider)}" for provider in sorted(old.keys() - new.keys())]
    return words + [
        f"{provider_name(provider)} key renewed" for provider in sorted(old.keys() & new.keys()) if old[provider] != new[provider]
    ]


def _seals(connection: Connection) -> dict[str, str]:
    return dict(connection.sealed_keys.values_list("provider", "blob"))


def _amount(cents: int) -> str:
    return dollars(cents_to_nanos(cents)).removesuffix(".00")
