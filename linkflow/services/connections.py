"""Connections: list, change, pause, revoke (api.md, "Connections and usage")."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction

from accounts.models import App, User, UserSession
from linkflow.limits import Terms
from linkflow.models import Connection, SealedKey
from linkflow.services import deeds, news
from relay.core.errors import Conflict, InvalidRequest, NotFound, ReauthRequired
from usage.services import set_limits

if TYPE_CHECKING:
    from datetime import datetime

    from linkflow.models import ConnectionQuerySet


@dataclass(frozen=True, slots=True)
class Change:
    """What to change in a connection; empty members change nothing. `limits` has column names, None lifts a limit."""

    budget_cents: int | None = None
    limits: dict[str, Any] = field(default_factory=dict)
    status: str | None = None
    sealed_keys: dict[str, str] = field(default_factory=dict)
    owner_grant: str | None = None
    remove_providers: frozenset[str] = frozenset()

    def needs_elevation(self, connection: Connection) -> bool:
        """Whether this does more than lower, pause or remove."""
        old = Terms.of(connection)
        raises = not old.changed(self.budget_cents, self.limits).only_lowers(old)
        return raises or self.status == Connection.ACTIVE or bool(self.sealed_keys) or self.owner_grant is not None

    def is_done(self, connection: Connection) -> bool:
        """Whether the connection is already as this would make it."""
        terms, seals = Terms.of(connection), dict(connection.sealed_keys.values_list("provider", "blob"))
        return (
            terms == terms.changed(self.budget_cents, self.limits)
            and self.status in {None, connection.status}
            and self.sealed_keys.items() <= seals.items()
            and self.owner_grant in {None, connection.owner_grant}
            and self.remove_providers.isdisjoint(seals)
        )


def visible_to(caller: User | App) -> ConnectionQuerySet:
    """The caller's connections: a user's own with pending ones; an app's, without."""
    rows = Connection.objects.select_related("app").defer("app__logo").prefetch_related("sealed_keys")
    if isinstance(caller, App):
        return rows.filter(app=caller).exclude(status=Connection.PENDING)
    return rows.filter(user=caller)


def find(caller: User | App, connection_id: str) -> Connection:
    """One visible connection. Raises NotFound, also for somebody else's."""
    connection = visible_to(caller).filter(pk=connection_id).first()
    if connection is None:
        raise NotFound
    return connection


def change(user: User, connection_id: str, wanted: Change, now: datetime, *, elevated: bool, by: UserSession | None = None) -> Connection:
    """Change a connection in one transaction, row locked. `by` is the device that does it.

    Raises: NotFound, Conflict (final states, pending), InvalidRequest, ReauthRequired (allows more, and is not `elevated`).
    """
    with transaction.atomic():
        return changed(user, connection_id, wanted, now, elevated=elevated, by=by)


def changed(user: User, connection_id: str, wanted: Change, now: datetime, *, elevated: bool, by: UserSession | None) -> Connection:
    """As `change`, inside the caller's transaction."""
    connection = Connection.objects.select_for_update().filter(pk=connection_id, user=user).first()
    if connection is None:
        raise NotFound
    if connection.status_at(now) not in {Connection.ACTIVE, Connection.PAUSED}:
        raise Conflict(f"This connection is {connection.status_at(now)}; it can't be changed.")
    if not elevated and wanted.needs_elevation(connection):
        raise ReauthRequired
    before = deeds.Before.of(connection)
    _change_terms(connection, wanted, now)
    _change_seals(connection, wanted)
    if connection.sealed_keys.exists():
        deeds.changed(connection, before, now, by)
    else:
        lose_last_key(connection, now, by)
    return find(user, connection_id)


def _change_terms(connection: Connection, wanted: Change, now: datetime) -> None:
    terms = Terms.of(connection).changed(wanted.budget_cents, wanted.limits)
    columns = terms.apply(connection)
    if wanted.status is not None:
        connection.status = wanted.status
    if wanted.owner_grant is not None:
        connection.owner_grant = wanted.owner_grant
    connection.save(update_fields=[*columns, "status", "owner_grant"])
    set_limits(connection.pk, terms.budget_limits(), now)


def _change_seals(connection: Connection, wanted: Change) -> None:
    present = set(connection.sealed_keys.values_list("provider", flat=True))
    if not set(wanted.sealed_keys) <= present and wanted.owner_grant is None:
        raise InvalidRequest(fields={"ownerGrant": ["A new provider comes with a new owner grant."]})
    if wanted.remove_providers & set(wanted.sealed_keys):
        raise InvalidRequest(fields={"removeProviders": ["Names a provider that sealedKeys has too."]})
    if not wanted.remove_providers <= present:
        raise InvalidRequest(fields={"removeProviders": ["Names a provider that the connection does not have."]})
    for provider, blob in wanted.sealed_keys.items():
        SealedKey.objects.update_or_create(
            connection=connection,
            provider=provider,
            defaults={"blob": blob, "attention_code": None, "attention_at": None, "attention_told_at": None},
        )
    connection.sealed_keys.filter(provider__in=wanted.remove_providers).delete()


def revoke(caller: User | App, connection_id: str, now: datetime, by: UserSession | None = None) -> None:
    """End a connection for good; a pending one is deleted. Revoking again changes nothing. Raises NotFound."""
    whose = "By the app" if isinstance(caller, App) else ""
    with transaction.atomic():
        find(caller, connection_id)
        connection = Connection.objects.select_for_update().filter(pk=connection_id).first()
        if connection is None:
            raise NotFound
        if connection.status == Connection.PENDING:
            deeds.ended(connection, "connection_revoked", now, by, "Before the app picked it up")
            news.revoked(connection, "user", now)
            connection.delete()
        elif connection.status in {Connection.ACTIVE, Connection.PAUSED}:
            deeds.ended(connection, "connection_revoked", now, by, whose)
            drop_blobs(connection, Connection.REVOKED)
            news.revoked(connection, "app" if whose else "user", now)


def lose_last_key(connection: Connection, now: datetime, by: UserSession | None) -> None:
    """End a connection that has no provider any more, in the caller's transaction. A pending one goes: its app never heard of it."""
    deeds.ended(connection, "connection_revoked", now, by, "It had no key left")
    if connection.status == Connection.PENDING:
        news.revoked(connection, "no_key_left", now)
        connection.delete()
        return
    drop_blobs(connection, Connection.REVOKED)
    news.revoked(connection, "no_key_left", now)


def drop_blobs(connection: Connection, status: str) -> None:
    """Set a final status and delete everything sealed. The access token's hash stays, to answer with the right refusal."""
    connection.sealed_keys.all().delete()
    connection.status = status
    connection.held_key = connection.granted_key = None
    connection.owner_grant = ""
    connection.save(update_fields=["status", "held_key", "granted_key", "owner_grant"])
