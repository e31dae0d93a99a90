"""The sandbox by API: connections without a browser, and webhook events on demand (docs/decisions/0012).

Their owner is the app's test user: an account that nobody can sign in to, one an app. What a person's browser does is done
here for it, with sandbox keys, which are published (spec/sandbox.json). No other provider's key is ever at hand here.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import transaction

from accounts.models import User
from linkflow.models import Connection
from linkflow.serializers import limits_of
from linkflow.services import authorize, connections, news, sessions
from relay.core.errors import Conflict, NotFound
from relay.core.ids import mint_id
from relay.crypto import tokens
from relay.crypto.device import connections as device
from relay.crypto.device import signing, vault
from relay.crypto.kdf import new_kdf
from relay.providers.sandbox_outcomes import Outcome, outcomes
from usage.forgetting import forget_user
from webhooks.services import endpoints, outbox

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import App
    from linkflow.limits import Terms
    from webhooks.models import Event

LIFETIME: Final = timedelta(days=30)
MOST_LIVE: Final = 500
DIES_AFTER: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Approved:
    """A pending sandbox connection and its public token, shown this once."""

    connection: Connection
    public_token: str = field(repr=False)


def test_user_email(app_id: str) -> str:
    """What a test user has for an email: no address, so that nobody can register, recover or sign in with it."""
    return f"sandbox:{app_id}"


@transaction.atomic
def link(app: App, client_user_id: str, outcome: Outcome, terms: Terms, now: datetime) -> Approved:
    """Approve a link session for the app's test user at once: the public token is exchanged as any other.

    Writes what a link session and an approval write; the test user at first. Ends within 30 days. Raises: Conflict (too many).
    """
    user = _test_user(app, now)
    if Connection.objects.filter(user=user, status__in=Connection.LIVE).count() >= MOST_LIVE:
        raise Conflict(f"The app has {MOST_LIVE} live sandbox connections. Revoke some first.")
    asked = {"requested_providers": [sessions.SANDBOX], "client_user_id": client_user_id}
    opened = sessions.open_session(app, asked, now)
    latest = now + LIFETIME
    bounded = terms.changed(outcome.budget_cents, {"expires_at": min(terms.expires_at or latest, latest)})
    public_token = tokens.mint_token(tokens.PUBLIC_TOKEN)
    key = outcome.key_until(int((now + DIES_AFTER).timestamp()))
    approval = _approval(app, opened.session.connection_id, public_token, key, bounded)
    return Approved(authorize.authorize(user, opened.link_token, approval, now), public_token)


def _test_user(app: App, now: datetime) -> User:
    """The app's test user. The keys of its account are forgotten as they are made."""
    made = {
        "id": mint_id("usr"),
        "kdf": new_kdf().as_json(),
        "login_public_key": signing.public_key_of(secrets.token_bytes(32)),
        "wrapped_vault_key": vault.wrap_vault_key(secrets.token_bytes(32), vault.new_vault_key()),
        "created_at": now,
    }
    return User.objects.get_or_create(email=test_user_email(app.pk), defaults=made)[0]


def _approval(app: App, connection_id: str, public_token: str, key: str, terms: Terms) -> authorize.Approval:
    connection_key = device.new_connection_key()
    note = device.OwnerGrant(connection_key, app.client_id, (sessions.SANDBOX,))
    return authorize.Approval(
        public_token_hash=tokens.digest_token(public_token),
        granted_key=device.seal_granted_key(public_token, connection_id, connection_key),
        owner_grant=device.seal_owner_grant(vault.new_vault_key(), connection_id, note),
        sealed_keys={sessions.SANDBOX: device.seal_key(connection_key, connection_id, sessions.SANDBOX, key)},
        terms=terms,
    )


def end_test_users(apps: QuerySet[App], now: datetime) -> None:
    """Delete these apps' test users, who go with them. In the transaction that deletes the apps, their connections locked."""
    names = [test_user_email(app_id) for app_id in apps.values_list("pk", flat=True)]
    for user in User.objects.select_for_update().filter(email__in=names).order_by("pk"):
        forget_user(user.pk, now)
        user.delete()


@cache
def event_examples() -> dict[str, dict[str, Any]]:
    """The data of each type's example, by type (spec/webhook_events.json)."""
    read = json.loads((settings.BASE_DIR / "spec" / "webhook_events.json").read_bytes())["events"]
    return {event["type"]: event["example"]["data"] for event in read}


def outcome_named(name: str) -> Outcome:
    """One of spec/sandbox.json. Raises KeyError."""
    return outcomes()[name]


@transaction.atomic
def fire(app: App, connection_id: str, event_type: str, now: datetime) -> Event:
    """Have the app told an event of this type of one of its sandbox connections; nothing else happens to the connection.

    What the connection does not have is as in the type's example. Writes one Event. Raises: NotFound (also for a connection of
    a person), Conflict (ended, no webhook URL or secret, or stopped).
    """
    endpoints.check_usable(app)
    connections.find(app, connection_id)
    owned = Connection.objects.select_for_update(of=("self",)).filter(pk=connection_id, app=app)
    connection = owned.filter(user__email=test_user_email(app.pk)).first()
    if connection is None:
        raise NotFound
    if connection.status_at(now) not in {Connection.ACTIVE, Connection.PAUSED}:
        raise Conflict("Only an active or paused sandbox connection fires events. Make a new one.")
    event = outbox.record(app, event_type, _data(connection, event_type, now), now, connection_id=_about(connection, event_type))
    assert event is not None
    return event


def _about(connection: Connection, event_type: str) -> str:
    return connection.pk if event_examples()[event_type].get("connectionId") else ""


def _data(connection: Connection, event_type: str, now: datetime) -> dict[str, Any]:
    example = event_examples()[event_type]
    has_ended = example.get("status") not in {None, connection.ACTIVE, connection.PAUSED}
    real = {
        **news.month(connection, now),
        **({} if has_ended else {"status": connection.status}),
        "appId": connection.app_id,
        "clientUserId": connection.client_user_id or None,
        "budgetCents": connection.budget_cents,
        "limits": limits_of(connection),
        "providers": example.get("providers") and [sessions.SANDBOX],
        "provider": sessions.SANDBOX,
        "linkSessionId": connection.link_session_id,
    }
    told = {name: real.get(name, value) for name, value in example.items()}
    return {name: value for name, value in told.items() if name not in {"connectionId", "sequence"} or not example.get("connectionId")}
