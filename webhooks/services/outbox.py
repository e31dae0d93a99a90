"""The outbox: events are written down in the transaction of what they tell of. What is committed is sent, nothing else is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from django.db.models import F

from relay.core.ids import mint_id
from relay.core.times import rfc3339
from webhooks.models import Counter, Endpoint, Event

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import App


def record(app: App, event_type: str, data: dict[str, Any], now: datetime, *, connection_id: str = "") -> Event | None:
    """Write down an event of spec/webhook_events.json in the caller's transaction; nothing for an app without a webhook URL.

    With `connection_id` it gets that connection's next sequence number. The counter's row stays locked until the caller
    commits, so that numbers are committed in their order: lock it last.
    """
    if not app.webhook_url:
        return None
    sequence = _next_number(connection_id) if connection_id else None
    numbered = {"connectionId": connection_id, "sequence": sequence} if connection_id else {}
    body = orjson.dumps({"type": event_type, "timestamp": rfc3339(now), "data": {**numbered, **data}})
    return Event.objects.create(
        id=mint_id("msg"),
        app_id=app.pk,
        connection_id=connection_id,
        sequence=sequence,
        type=event_type,
        body=body.decode(),
        due_at=now,
        created_at=now,
    )


def close(connection_id: str, now: datetime) -> None:
    """Note that a connection has ended: no event of it will follow. In the caller's transaction."""
    Counter.objects.filter(pk=connection_id).update(ended_at=now)


def keep_address(app: App) -> None:
    """Before an app is deleted, in that transaction: what it has not been told yet still goes to its present address."""
    Endpoint.objects.filter(pk=app.pk).update(last_url=app.webhook_url)


def _next_number(connection_id: str) -> int:
    mine = Counter.objects.filter(pk=connection_id)
    if not mine.update(last=F("last") + 1):
        Counter.objects.get_or_create(connection_id=connection_id)
        mine.update(last=F("last") + 1)
    return mine.values_list("last", flat=True).get()
