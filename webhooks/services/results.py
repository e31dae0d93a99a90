"""What an attempt changes: its event, and what is thought of the endpoint."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db import transaction

from webhooks.models import Attempt, Endpoint, Event
from webhooks.services import endpoints
from webhooks.services.schedule import GIVEN_UP_AFTER, is_given_up, next_attempt
from webhooks.services.sending import GONE

if TYPE_CHECKING:
    from datetime import datetime

    from webhooks.services.sending import Outcome, Parcel

log = logging.getLogger(__name__)


@transaction.atomic
def note(parcel: Parcel, outcome: Outcome, now: datetime) -> None:
    """Write down an attempt that has ended, when its event is due again, and whether its endpoint is given up."""
    event = Event.objects.select_for_update().filter(pk=parcel.event_id).first()
    if event is None:  # deleted meanwhile
        return
    log.info("webhook %s of %s: %s in %s ms", event.pk, event.app_id, outcome.status or "no answer", outcome.latency_ms)
    Attempt.objects.create(
        event=event, at=outcome.at, status=outcome.status, why=outcome.why, latency_ms=outcome.latency_ms, answer=outcome.answer
    )
    event.attempts += 1
    if outcome.is_delivered:
        event.delivered_at, event.due_at = now, None
    elif event.due_at == parcel.lease:  # else the claim ran out, and whoever holds it now decides; or it was replayed
        event.due_at = next_attempt(event.attempts, outcome.asked_seconds, now)
    event.save(update_fields=["attempts", "delivered_at", "due_at"])
    _judge(parcel.app_id, outcome, now)


def _judge(app_id: str, outcome: Outcome, now: datetime) -> None:
    endpoint = Endpoint.objects.select_for_update().filter(pk=app_id).first()
    if endpoint is None or (outcome.is_delivered and not endpoint.failures):
        return
    endpoint.failures = 0 if outcome.is_delivered else endpoint.failures + 1
    endpoint.failing_since = None if outcome.is_delivered else endpoint.failing_since or now
    endpoint.save(update_fields=["failures", "failing_since"])
    if endpoint.disabled_at is not None or endpoint.failing_since is None:
        return
    if outcome.status == GONE:
        endpoints.disable(endpoint, "The endpoint answered 410 Gone", now)
    elif is_given_up(endpoint.failures, endpoint.failing_since, now):
        endpoints.disable(endpoint, f"No event was taken for {GIVEN_UP_AFTER.days} days", now)
