"""Re-seals: a replaced or deleted provider key reaches every connection that had it (protocol.md, "Rotating")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linkflow.models import Connection, SealedKey
from linkflow.services import deeds, news
from linkflow.services.connections import lose_last_key
from relay.core.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from accounts.models import User, UserSession


def replace(user: User, provider: str, seals: dict[str, str], drops: frozenset[str], now: datetime, by: UserSession | None = None) -> None:
    """Give each connection of the re-seal set its new seal, or take the provider from it. Call inside a transaction.

    Rows are locked in id order. Raises: Conflict with `details.connections` unless seals and drops are disjoint and together
    exactly the re-seal set.
    """
    members = _lock_reseal_set(user, provider)
    if drops & seals.keys() or seals.keys() | drops != members.keys():
        raise Conflict(
            "The connections that use this key have changed. Read them again and repeat.",
            details={"connections": sorted(members)},
        )
    failing = _failing(seals, provider)
    for connection_id, blob in seals.items():
        SealedKey.objects.filter(connection_id=connection_id, provider=provider).update(
            blob=blob, attention_code=None, attention_at=None, attention_told_at=None
        )
    _drop_provider([members[connection_id] for connection_id in sorted(drops)], provider, now, by)
    for connection_id in failing:
        news.repaired(members[connection_id], provider, now)


def remove(user: User, provider: str, now: datetime, by: UserSession | None = None) -> int:
    """Take a provider from every connection of the user, trial ones included; answers how many. Call inside a transaction."""
    members = list(
        Connection.objects.select_for_update(of=("self",))
        .filter(user=user, status__in=Connection.LIVE, sealed_keys__provider=provider)
        .order_by("pk")
    )
    _drop_provider(members, provider, now, by)
    return len(members)


def _lock_reseal_set(user: User, provider: str) -> dict[str, Connection]:
    rows = Connection.objects.resealable().filter(user=user, sealed_keys__provider=provider)
    return {row.pk: row for row in rows.select_for_update(of=("self",)).order_by("pk")}


def _failing(connection_ids: Iterable[str], provider: str) -> list[str]:
    failing = SealedKey.objects.filter(connection__in=list(connection_ids), provider=provider, attention_code__isnull=False)
    return list(failing.order_by("connection").values_list("connection_id", flat=True))


def _drop_provider(members: list[Connection], provider: str, now: datetime, by: UserSession | None) -> None:
    for connection in members:
        before = deeds.Before.of(connection)
        connection.sealed_keys.filter(provider=provider).delete()
        if connection.sealed_keys.exists():
            news.changed(connection, before, now)
        else:
            lose_last_key(connection, now, by)
