"""An app's connections as its developer may see them: by their ids and the app's own `clientUserId`, never whose they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.db.models import Q

from linkflow.cards import Card, cards_of
from linkflow.models import Connection
from linkflow.services.connections import visible_to
from relay.core import pagination
from relay.core.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from accounts.models import App
    from linkflow.models import ConnectionQuerySet

PAGE_SIZE: Final = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One connection, with the app's own id of its user; empty if the app gave none."""

    card: Card
    client_user_id: str


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of connections, what was searched for, and the addresses of the pages beside it."""

    rows: list[Row]
    asked: str
    newer: str
    older: str


def listing(app: App, asked: Mapping[str, str], now: datetime) -> Listing:
    """The page that `before` or `after` names, else the newest; `q` is the app's own user id or a connection's. Five queries."""
    wanted = asked.get("q", "").strip().replace("\0", "")
    rows = visible_to(app)
    if wanted:
        rows = rows.filter(Q(client_user_id=wanted) | Q(pk=wanted))
    found, has_newer, has_older = _page(rows, asked)
    cards = {card.id: card for card in cards_of(found, now)}
    shown = [Row(cards[row.pk], row.client_user_id) for row in found if row.pk in cards]
    newer = _beside("after", found[0], wanted) if found and has_newer else ""
    return Listing(shown, wanted, newer, _beside("before", found[-1], wanted) if found and has_older else "")


def count_active(app: App, now: datetime) -> int:
    """How many connections can be used now. One query."""
    return visible_to(app).with_status_at(Connection.ACTIVE, now).count()


def _page(rows: ConnectionQuerySet, asked: Mapping[str, str]) -> tuple[list[Connection], bool, bool]:
    try:
        before, after = (pagination.read_place(asked[side]) if asked.get(side) else None for side in ("before", "after"))
    except InvalidRequest:
        before = after = None
    if after is not None:
        newer = rows.filter(created_at__gte=after[0]).exclude(created_at=after[0], pk__lte=after[1])
        found = list(newer.order_by("created_at", "pk")[: PAGE_SIZE + 1])
        return found[:PAGE_SIZE][::-1], len(found) > PAGE_SIZE, True
    if before is not None:
        rows = rows.filter(created_at__lte=before[0]).exclude(created_at=before[0], pk__gte=before[1])
    found = list(rows.order_by("-created_at", "-pk")[: PAGE_SIZE + 1])
    return found[:PAGE_SIZE], before is not None, len(found) > PAGE_SIZE


def _beside(side: str, row: Connection, wanted: str) -> str:
    query: dict[str, Any] = {side: pagination.write_place(row.created_at, row.pk)}
    return "?" + urlencode({**({"q": wanted} if wanted else {}), **query})
