"""What a developer sees and does: events and their attempts, replays, tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from relay.core.errors import NotFound
from webhooks.models import Event
from webhooks.services import endpoints, outbox

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.models import App


def of_app(app: App) -> QuerySet[Event]:
    """The app's events, attempts prefetched; those of the last thirty days are kept."""
    return Event.objects.filter(app_id=app.pk).prefetch_related("tries")


def find(app: App, event_id: str) -> Event:
    """One event of the app. Raises NotFound, also for another app's."""
    event = of_app(app).filter(pk=event_id).first()
    if event is None:
        raise NotFound
    return event


@transaction.atomic
def replay(app: App, event_id: str, now: datetime) -> Event:
    """Send an event again, within seconds, under its own id; once, if its schedule was at its end. Raises NotFound, Conflict."""
    endpoints.check_usable(app)
    event = Event.objects.select_for_update().filter(app_id=app.pk, pk=event_id).first()
    if event is None:
        raise NotFound
    event.due_at = now
    event.save(update_fields=["due_at"])
    return find(app, event_id)


def send_test(app: App, now: datetime) -> Event:
    """Have a `webhook.test` sent within seconds. Writes one Event. Raises Conflict, with what is missing."""
    endpoints.check_usable(app)
    event = outbox.record(app, "webhook.test", {"appId": app.pk}, now)
    assert event is not None
    return event
