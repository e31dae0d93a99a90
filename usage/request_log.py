"""An app's calls one by one, newest first: what its developer is told of each. Never whose they were, never what was said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

from usage import history
from usage.models import IS_ERROR, LedgerEntry

if TYPE_CHECKING:
    from django.db.models import QuerySet


def calls_of(app_id: str) -> QuerySet[LedgerEntry]:
    """An app's ended calls."""
    return LedgerEntry.objects.filter(app_id=app_id)


def page_of(app_id: str, *, connection_id: str = "", before: str = "", after: str = "", errors_only: bool = False) -> history.Calls:
    """One page of an app's calls, newest first; of one connection, where one is named. One query.

    Raises InvalidRequest for a cursor that is none.
    """
    rows = calls_of(app_id)
    if connection_id:
        rows = rows.filter(connection_id=connection_id)
    return history.page_of(rows.filter(IS_ERROR) if errors_only else rows, before=before, after=after)


def by_request_id(app_id: str, request_id: str) -> QuerySet[LedgerEntry]:
    """The app's calls with that request id: callers may choose their own, so there can be several. Fifty at most, newest first."""
    named = LedgerEntry.objects.filter(request_id=request_id, app_id=app_id)
    return named.order_by("-admitted_at", "-hold_id")[: history.PAGE_SIZE]


def has_calls(connection_id: str) -> Exists:
    """Whether the connection in that column of an outer query has made a call that ended."""
    return Exists(LedgerEntry.objects.filter(connection_id=OuterRef(connection_id)))
