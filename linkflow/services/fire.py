"""The sandbox's events on demand: a webhook of any type, about a connection that is the sandbox's alone, without its deed.

For POST /v1/sandbox/fire. The body is as the deed would make it, numbered and delivered like any other; nothing else is changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction

from linkflow.models import Connection, LinkSession
from linkflow.services import news
from linkflow.services.sessions import SANDBOX
from relay.core.errors import Conflict, Forbidden, InvalidRequest, NotFound
from webhooks.models import Event
from webhooks.services import deliveries, endpoints

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from accounts.models import App

_DEEDS: Final[dict[str, Callable[[Connection, datetime], None]]] = {
    "connection.created": news.created,
    "connection.updated": lambda connection, now: news.tell_updated(connection, ["budgetCents"], now),
    "connection.needs_attention": lambda connection, now: news.needs_attention(connection, SANDBOX, "key_quota_exhausted", now),
    "connection.repaired": lambda connection, now: news.repaired(connection, SANDBOX, now),
    "connection.revoked": lambda connection, now: news.tell_revoked(connection, "user", now),
    "connection.expired": lambda connection, now: news.tell_expired(connection, now),
    "budget.threshold_reached": lambda connection, now: news.budget_reached(connection, 80, now),
    "budget.exhausted": lambda connection, now: news.budget_reached(connection, 100, now),
    "budget.reset": news.budget_reset,
    "key.invalid": lambda connection, now: news.tell_key_invalid(connection, SANDBOX, now),
}
TYPES: Final = (*_DEEDS, "link.session_finished", "webhook.test")
"""What may be fired; all but the last need a connection."""


def fire(app: App, event_type: str, connection_id: str, now: datetime) -> Event:
    """Have such an event sent to the app within seconds. Writes one Event.

    Raises: InvalidRequest (no such type), NotFound (not the app's), Forbidden (has another provider than the sandbox), Conflict
    (revoked or expired; or no webhook URL, no signing secret, stopped).
    """
    if event_type not in TYPES:
        raise InvalidRequest(fields={"type": ["Is not an event of spec/webhook_events.json."]})
    if event_type == "webhook.test":
        return deliveries.send_test(app, now)
    endpoints.check_usable(app)
    with transaction.atomic():
        connection = _locked(app, connection_id, now)
        if event_type == "link.session_finished":
            news.session_finished(_session_of(connection), "authorized", now)
        else:
            _DEEDS[event_type](connection, now)
        return Event.objects.filter(connection_id=connection.pk).latest("sequence")


def _locked(app: App, connection_id: str, now: datetime) -> Connection:
    rows = Connection.objects.select_for_update(of=("self",)).select_related("app").exclude(status=Connection.PENDING)
    connection = rows.filter(pk=connection_id, app=app).first()
    if connection is None:
        raise NotFound
    if connection.status_at(now) not in {Connection.ACTIVE, Connection.PAUSED}:
        raise Conflict("This connection has ended. Make a new one for the sandbox.")
    if set(connection.sealed_keys.values_list("provider", flat=True)) != {SANDBOX}:
        raise Forbidden("Only connections of the sandbox alone can be played with.")
    return connection


def _session_of(connection: Connection) -> LinkSession:
    session = LinkSession.objects.select_related("app").filter(pk=connection.link_session_id).first()
    if session is None:
        raise Conflict("The link session of this connection is no longer kept. Make a new one for the sandbox.")
    return session
