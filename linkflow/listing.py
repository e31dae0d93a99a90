"""The list of a person's connections for as many as there may be: search, states, pages, in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef, Q

from linkflow.cards import Card, cards_of
from linkflow.models import Connection, SealedKey
from linkflow.services.connections import visible_to

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from accounts.models import User
    from linkflow.models import ConnectionQuerySet

PAGE_SIZE: Final = 20
LIVE, ATTENTION, PAUSED, ENDED = "live", "attention", "paused", "ended"
_TITLES: Final = {LIVE: "In use", ATTENTION: "Needs attention", PAUSED: "Paused", ENDED: "Ended"}
_LONGEST_SEARCH: Final = 80


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a filtered list, the tabs beside it with their counts, and the addresses of the other pages."""

    cards: list[Card]
    state: str
    search: str
    tabs: list[dict[str, Any]]
    any_at_all: bool
    summary: str
    newer: str
    older: str


def listing(user: User, asked: Mapping[str, str], now: datetime) -> Listing:
    """The page that `?q=&status=&page=` asks for, newest first; what makes no sense counts as not asked. Seven queries."""
    state = asked.get("status", LIVE) if asked.get("status") in _TITLES else LIVE
    search = asked.get("q", "").replace("\0", "").strip()[:_LONGEST_SEARCH]
    every = Connection.objects.filter(user=user, trial=False)
    found = _named(every, search)
    counts = found.aggregate(**{name: Count("pk", filter=chosen) for name, chosen in _states(now).items()})
    pages = max(1, -(-counts[state] // PAGE_SIZE))
    number = min(_number(asked.get("page", "")), pages)
    first = (number - 1) * PAGE_SIZE
    rows = _named(visible_to(user).filter(trial=False), search).filter(_states(now)[state])
    cards = cards_of(list(rows.order_by("-created_at", "-pk")[first : first + PAGE_SIZE]), now)
    return Listing(
        cards=cards,
        state=state,
        search=search,
        tabs=[_tab(name, counts[name], state, search) for name in _TITLES],
        any_at_all=bool(sum(counts.values())) or (bool(search) and every.exists()),
        summary=f"{first + 1}–{first + len(cards)} of {counts[state]:,}" if cards else "",
        newer=_address(state, search, number - 1) if number > 1 else "",
        older=_address(state, search, number + 1) if number < pages else "",
    )


def _states(now: datetime) -> dict[str, Q]:
    is_over = Q(status__in=[Connection.ACTIVE, Connection.PAUSED], expires_at__isnull=False, expires_at__lte=now)
    is_live = Q(status__in=Connection.LIVE) & ~is_over
    in_trouble = Exists(SealedKey.objects.filter(connection=OuterRef("pk"), attention_code__isnull=False))
    return {
        LIVE: is_live,
        ATTENTION: is_live & Q(in_trouble),
        PAUSED: Q(status=Connection.PAUSED) & ~is_over,
        ENDED: ~is_live,
    }


def _named(rows: ConnectionQuerySet, search: str) -> ConnectionQuerySet:
    return rows.filter(Q(app__name__icontains=search) | Q(app__isnull=True, name__icontains=search)) if search else rows


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 7 and int(text) else 1


def _tab(name: str, count: int, state: str, search: str) -> dict[str, Any]:
    return {"href": _address(name, search, 1), "title": _TITLES[name], "here": name == state, "count": f"{count:,}" if count else ""}


def _address(state: str, search: str, page: int) -> str:
    asked = {"q": search, "status": state if state != LIVE else "", "page": str(page) if page > 1 else ""}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/connections?{query}" if query else "/connections"
