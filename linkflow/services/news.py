"""What apps are told of their connections and link sessions (spec/webhook_events.json): ids, terms and sums, never who somebody is.

Each function writes into the outbox in the caller's transaction, which holds the connection's row, after everything else
that it locks. Personal connections, and apps without a webhook URL, have nobody to tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linkflow.limits import Terms
from linkflow.models import Connection
from linkflow.serializers import limits_of
from relay.core.money import micros_up
from relay.core.times import rfc3339
from usage.periods import month_bounds
from usage.services import balances
from webhooks.services import outbox

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.models import App
    from linkflow.models import LinkSession
    from linkflow.services.deeds import Before

KEY_INVALID = "key_invalid"


def created(connection: Connection, now: datetime) -> None:
    """The app has exchanged its public token."""
    _tell(connection, "connection.created", now, linkSessionId=connection.link_session_id)


def changed(connection: Connection, before: Before, now: datetime) -> None:
    """What a change did to the terms, the status and the providers; and which failing keys it mended or took away.

    An app hears nothing of a pending one before it has exchanged the public token.
    """
    if connection.status == Connection.PENDING:
        return
    what = _differences(connection, before)
    if what:
        tell_updated(connection, what, now)
    still = set(connection.sealed_keys.filter(attention_code__isnull=False).values_list("provider", flat=True))
    for provider in sorted(before.failing - still):
        repaired(connection, provider, now)


def tell_updated(connection: Connection, what: list[str], now: datetime) -> None:
    """These members of it are different now."""
    _tell(connection, "connection.updated", now, changed=what)


def repaired(connection: Connection, provider: str, now: datetime) -> None:
    """A key that failed was renewed, or is not part of the connection any more."""
    _tell(connection, "connection.repaired", now, provider=provider)


def needs_attention(connection: Connection, provider: str, code: str, now: datetime) -> None:
    """Calls with this key fail; where the provider refuses the key itself, that is an event of its own besides."""
    _tell(connection, "connection.needs_attention", now, provider=provider, code=code)
    if code == KEY_INVALID:
        tell_key_invalid(connection, provider, now)


def tell_key_invalid(connection: Connection, provider: str, now: datetime) -> None:
    """The provider refuses the key itself."""
    _tell(connection, "key.invalid", now, provider=provider, code=KEY_INVALID)


def revoked(connection: Connection, reason: str, now: datetime) -> None:
    """It ended for good, by `reason`: user, app, no_key_left, app_deleted. An app has never heard of a pending one."""
    if connection.status != Connection.PENDING:
        tell_revoked(connection, reason, now)
    outbox.close(connection.pk, now)


def tell_revoked(connection: Connection, reason: str, now: datetime) -> None:
    """As `revoked`, of which this is the event."""
    _tell(connection, "connection.revoked", now, status=Connection.REVOKED, providers=[], reason=reason)


def all_revoked(connections: QuerySet[Connection], now: datetime) -> None:
    """Every live one of these was ended by its person, whose account goes."""
    for connection in connections.filter(status__in=Connection.LIVE, app__isnull=False).select_related("app").order_by("pk"):
        revoked(connection, "user", now)


def say_farewell(apps: QuerySet[App]) -> None:
    """These apps are about to be deleted: what they have not been told yet still goes to their present addresses."""
    for app in apps:
        outbox.keep_address(app)


def expired(connection: Connection, now: datetime) -> None:
    """Its time is over."""
    tell_expired(connection, now)
    outbox.close(connection.pk, now)


def tell_expired(connection: Connection, now: datetime) -> None:
    """As `expired`, of which this is the event."""
    _tell(connection, "connection.expired", now, status=Connection.EXPIRED, providers=[])


def budget_reached(connection: Connection, percent: int, now: datetime) -> None:
    """The present month's spending reached 80 or 100 per cent of the budget."""
    event_type = "budget.exhausted" if percent >= 100 else "budget.threshold_reached"
    _tell(connection, event_type, now, percent=percent, **month(connection, now))


def budget_reset(connection: Connection, now: datetime) -> None:
    """A month began, and the one before had reached a threshold."""
    _tell(connection, "budget.reset", now, **month(connection, now))


def session_finished(session: LinkSession, outcome: str, now: datetime) -> None:
    """A link session ended, by `outcome`: authorized, exited, expired."""
    has_connection = session.is_update or outcome == "authorized"
    about = {"linkSessionId": session.pk, "outcome": outcome, "update": session.is_update, "clientUserId": session.client_user_id or None}
    if has_connection:
        outbox.record(session.app, "link.session_finished", about, now, connection_id=session.connection_id)
    else:
        outbox.record(session.app, "link.session_finished", {"connectionId": None, "sequence": None, **about}, now)


def month(connection: Connection, now: datetime) -> dict[str, Any]:
    """What the present month has cost so far, and when it ends."""
    start, end = month_bounds(now)
    balance = balances([connection.pk], now).get(connection.pk)
    return {
        "spentMicros": micros_up(balance.spent_nanos) if balance else 0,
        "period": {"start": rfc3339(start), "end": rfc3339(end)},
    }


def _tell(connection: Connection, event_type: str, now: datetime, **more: Any) -> None:
    if connection.app is None:
        return
    face = {
        "clientUserId": connection.client_user_id or None,
        "status": connection.status,
        "providers": sorted(connection.sealed_keys.values_list("provider", flat=True)),
        "budgetCents": connection.budget_cents,
        "limits": limits_of(connection),
    }
    outbox.record(connection.app, event_type, face | more, now, connection_id=connection.pk)


def _differences(connection: Connection, before: Before) -> list[str]:
    old, new = before.terms, Terms.of(connection)
    providers = set(connection.sealed_keys.values_list("provider", flat=True))
    differs = {
        "status": connection.status != before.status,
        "providers": providers != before.seals.keys(),
        "budgetCents": old.budget_cents != new.budget_cents,
        "limits": old != new.changed(old.budget_cents, {}),
    }
    return [name for name, is_so in differs.items() if is_so]
