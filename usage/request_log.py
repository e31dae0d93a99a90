"""An app's calls one by one, newest first: what its developer is told of each. Never whose they were, never what was said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

from usage.models import LedgerEntry

if TYPE_CHECKING:
    from django.db.models import QuerySet


def calls_of(app_id: str) -> QuerySet[LedgerEntry]:
    """An app's ended calls."""
    return LedgerEntry.objects.filter(app_id=app_id)


def call_by_request_id(app_id: str, request_id: str) -> list[LedgerEntry]:
    """The app's calls with that request id: callers may choose their own, so there can be several. At most fifty, newest first."""
    return list(LedgerEntry.objects.filter(request_id=request_id, app_id=app_id).order_by("-admitted_at", "-pk")[:50])


def has_calls(connection_id: str) -> Exists:
    """Whether the connection in that column of an outer query has made a call that ended."""
    return Exists(LedgerEntry.objects.filter(connection_id=OuterRef(connection_id)))
