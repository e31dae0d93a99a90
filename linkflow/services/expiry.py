"""Connections whose time is up: never picked up, or at their end date. Celery runs it."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import OperationalError, transaction

from linkflow.models import Connection
from linkflow.services import connections, deeds, news

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.db.models import QuerySet

log = logging.getLogger(__name__)


def expire(now: datetime) -> int:
    """Delete pending connections whose public token ran out, and the blobs of expired ones; answers how many. Safe to repeat."""
    pending = Connection.objects.filter(status=Connection.PENDING, public_token_expires_at__lte=now)
    ended = _each_locked(pending, lambda connection: _lapse(connection, now))
    due = Connection.objects.filter(status__in=[Connection.ACTIVE, Connection.PAUSED], expires_at__lte=now)
    ended += _each_locked(due, lambda connection: _expire(connection, now))
    Connection.objects.filter(trial=True, status=Connection.EXPIRED, expires_at__lte=now - timedelta(days=1)).delete()
    return ended


def _lapse(connection: Connection, now: datetime) -> None:
    deeds.ended(connection, "connection_lapsed", now, None, "The app did not pick it up")
    news.revoked(connection, "app", now)
    connection.delete()


def _expire(connection: Connection, now: datetime) -> None:
    deeds.ended(connection, "connection_expired", now, None)
    connections.drop_blobs(connection, Connection.EXPIRED)
    news.expired(connection, now)


def _each_locked(rows: QuerySet[Connection], end: Callable[[Connection], object]) -> int:
    """End each of `rows`, locked, if it is one of them still: an exchange or a change may have come first. Answers how many.

    One that the database gives up on (a deadlock, a lock waited for too long) is left for the next run, the rest is not.
    """
    ended = 0
    for connection_id in list(rows.values_list("pk", flat=True)):
        try:
            ended += _end_locked(rows, connection_id, end)
        except OperationalError as error:
            log.warning("connection %s was not ended, trying again later: %s", connection_id, type(error).__name__)
    return ended


@transaction.atomic
def _end_locked(rows: QuerySet[Connection], connection_id: str, end: Callable[[Connection], object]) -> bool:
    connection = rows.select_for_update().filter(pk=connection_id).first()
    if connection is not None:
        end(connection)
    return connection is not None
