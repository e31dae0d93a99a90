"""Shapes of what webhooks answer; camelCase lives here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from relay.core.fields import YesNoField
from relay.core.times import rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import App
    from webhooks.models import Attempt, Endpoint, Event
    from webhooks.services.endpoints import NewSecret


class RotateSigningBody(serializers.Serializer[Any]):
    """POST /v1/apps/:id/webhooks/rotate-secret."""

    immediately = YesNoField(required=False)


def present_endpoint(app: App, endpoint: Endpoint | None, now: datetime) -> dict[str, Any]:
    """Where an app's events go, and how that stands; never the secret."""
    until = endpoint.previous_until if endpoint and endpoint.previous_until and endpoint.previous_until > now else None
    return {
        "webhookUrl": app.webhook_url or None,
        "hasSigningSecret": endpoint is not None,
        "previousExpiresAt": rfc3339(until),
        "failingSince": rfc3339(endpoint.failing_since) if endpoint else None,
        "stoppedAt": rfc3339(endpoint.disabled_at) if endpoint else None,
        "stoppedWhy": (endpoint.disabled_why or None) if endpoint else None,
    }


def present_secret(made: NewSecret) -> dict[str, Any]:
    """The signing secret, shown this once."""
    return {"signingSecret": made.secret, "previousExpiresAt": rfc3339(made.endpoint.previous_until)}


def present_delivery(event: Event) -> dict[str, Any]:
    """An event, the body as it is sent, and what came of sending it. Attempts must be prefetched."""
    tries = sorted(event.tries.all(), key=lambda attempt: attempt.pk)
    return {
        "id": event.pk,
        "type": event.type,
        "connectionId": event.connection_id or None,
        "sequence": event.sequence,
        "status": event.status,
        "body": event.body,
        "attempts": [_present_attempt(attempt) for attempt in tries],
        "nextAttemptAt": rfc3339(event.due_at),
        "deliveredAt": rfc3339(event.delivered_at),
        "createdAt": rfc3339(event.created_at),
    }


def _present_attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "at": rfc3339(attempt.at),
        "httpStatus": attempt.status,
        "why": attempt.why or None,
        "latencyMs": attempt.latency_ms,
        "answer": attempt.answer,
    }
