"""The calls of one connection, newest first, by keyset: however many there are, a page reads its own rows alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from relay.core import pagination
from usage.models import IS_ERROR, LedgerEntry

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    Place = tuple[datetime, str]

PAGE_SIZE: Final = 50


@dataclass(frozen=True, slots=True)
class Calls:
    """One page of calls, and the cursors of the pages beside it."""

    entries: list[LedgerEntry]
    newer: str | None
    older: str | None


def calls_of(user_id: str, connection_id: str, *, before: str = "", after: str = "", errors_only: bool = False) -> Calls:
    """The page that follows the cursor `before` (older calls) or comes ahead of `after`; without either, the newest. One query.

    Raises InvalidRequest for a cursor that is none.
    """
    rows = LedgerEntry.objects.filter(user_id=user_id, connection_id=connection_id)
    return page_of(rows.filter(IS_ERROR) if errors_only else rows, before=before, after=after)


def page_of(rows: QuerySet[LedgerEntry], *, before: str = "", after: str = "") -> Calls:
    """The page of these calls that follows `before` or comes ahead of `after`; without either, the newest. One query."""
    if after:
        found = list(_newer_than(rows, pagination.read_place(after))[: PAGE_SIZE + 1])
        has_newer, page = len(found) > PAGE_SIZE, found[:PAGE_SIZE][::-1]
        return _page(page, has_newer=has_newer, has_older=True)
    if before:
        rows = _older_than(rows, pagination.read_place(before))
    found = list(rows.order_by("-admitted_at", "-hold_id")[: PAGE_SIZE + 1])
    return _page(found[:PAGE_SIZE], has_newer=bool(before), has_older=len(found) > PAGE_SIZE)


def _page(entries: list[LedgerEntry], *, has_newer: bool, has_older: bool) -> Calls:
    newer = _cursor(entries[0]) if entries and has_newer else None
    older = _cursor(entries[-1]) if entries and has_older else None
    return Calls(entries, newer, older)


def _cursor(entry: LedgerEntry) -> str:
    return pagination.write_place(entry.admitted_at, entry.hold_id)


# A range on the indexed time alone, then the ties: an OR over both would keep the database from seeking.
def _older_than(rows: QuerySet[LedgerEntry], place: Place) -> QuerySet[LedgerEntry]:
    at, hold_id = place
    return rows.filter(admitted_at__lte=at).exclude(admitted_at=at, hold_id__gte=hold_id)


def _newer_than(rows: QuerySet[LedgerEntry], place: Place) -> QuerySet[LedgerEntry]:
    at, hold_id = place
    return rows.filter(admitted_at__gte=at).exclude(admitted_at=at, hold_id__lte=hold_id).order_by("admitted_at", "hold_id")
