"""Link sessions: one attempt of an app to ask (api.md, "Link")."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.models import App
from linkflow.models import Connection, LinkEvent, LinkSession
from linkflow.services import news
from relay.core.errors import Conflict, InvalidRequest, InvalidToken, LinkExpired, NotFound
from relay.core.ids import mint_id
from relay.crypto import tokens
from relay.crypto.errors import BadToken

LIFETIME = timedelta(minutes=30)
MOST_EVENTS = 200
MOST_EXPIRED = 1000
KEPT = timedelta(days=30)
SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A new link session and its link token, shown this once."""

    session: LinkSession
    link_token: str = field(repr=False)


def open_session(app: App, asked: dict[str, Any], now: datetime) -> OpenedSession:
    """Start asking. `asked` holds LinkSession fields, and `connection_id` in update mode. Writes one LinkSession; mints its token.

    Raises: InvalidRequest (redirect URI not registered, real providers in test mode), NotFound and Conflict (update mode: not the
    app's, not active or paused).
    """
    asked = dict(asked)
    updated = asked.pop("connection_id", None)
    redirect_uri = asked.get("redirect_uri", "")
    if redirect_uri and redirect_uri not in app.redirect_uris:
        raise InvalidRequest(fields={"redirectUri": ["Is not one of the app's registered redirect URIs, to the letter."]})
    if app.test_mode and set(asked["requested_providers"]) != {SANDBOX}:
        raise InvalidRequest(fields={"requestedProviders": ["This app is in test mode and may ask for the sandbox alone."]})
    if updated is not None:
        _check_updatable(app, updated, now)
    token = tokens.mint_token(tokens.LINK_TOKEN)
    session = LinkSession.objects.create(
        id=mint_id("lks"),
        app=app,
        token_hash=tokens.digest_token(token),
        connection_id=updated or mint_id("con"),
        is_update=updated is not None,
        allowed_origins=app.allowed_origins,
        created_at=now,
        expires_at=now + LIFETIME,
        **asked,
    )
    return OpenedSession(session, token)


def _check_updatable(app: App, connection_id: str, now: datetime) -> None:
    connection = Connection.objects.filter(pk=connection_id, app=app).exclude(status=Connection.PENDING).first()
    if connection is None:
        raise NotFound
    if connection.status_at(now) not in {Connection.ACTIVE, Connection.PAUSED}:
        raise Conflict("Only an active or paused connection can be updated. Ask the user to connect again.")


def by_token(link_token: object, now: datetime) -> LinkSession:
    """The session of a link token, readable until it expires. Raises InvalidToken, LinkExpired."""
    try:
        digest = tokens.check_live_token(link_token, tokens.LINK_TOKEN)
    except BadToken:
        raise InvalidToken from None
    session = LinkSession.objects.select_related("app").defer("app__logo").filter(token_hash=digest).first()
    if session is None:
        raise InvalidToken
    if now >= session.expires_at:
        raise LinkExpired
    return session


def by_hash(token_hash: bytes) -> LinkSession | None:
    """The session whose pages carry this hash in their address, expired or not."""
    return LinkSession.objects.select_related("app").defer("app__logo").filter(token_hash=token_hash).first()


def of_app(app: App, session_id: str) -> LinkSession:
    """One of the app's own sessions. Raises NotFound."""
    session = LinkSession.objects.filter(app=app, pk=session_id).first()
    if session is None:
        raise NotFound
    return session


def record_event(session: LinkSession, name: str, now: datetime, exit_status: str = "") -> None:
    """Note what happened in the Link pages; EXIT ends the session unless it is authorised. Writes one LinkEvent, 200 at most.

    `exit_status` is what leaving at this moment is called: where people leave is read from it (linkflow.funnel).

    Raises: InvalidToken, where the app was deleted meanwhile.
    """
    with transaction.atomic():
        locked = LinkSession.objects.select_for_update(of=("self",)).select_related("app").filter(pk=session.pk).first()
        if locked is None:  # with its app
            raise InvalidToken
        if name == "EXIT" and locked.status == LinkSession.OPEN:
            locked.status = LinkSession.EXITED
            locked.save(update_fields=["status"])
            news.session_finished(locked, "exited", now)
        if locked.events.count() < MOST_EVENTS:
            LinkEvent.objects.create(session=locked, name=name, exit_status=exit_status, at=now)


def expire(now: datetime) -> int:
    """End the open sessions whose time is over, and tell their apps; answers how many. Safe to repeat."""
    over = LinkSession.objects.filter(status=LinkSession.OPEN, expires_at__lte=now)
    return sum(_expire(session_id, now) for session_id in list(over.order_by("expires_at").values_list("pk", flat=True)[:MOST_EXPIRED]))


@transaction.atomic
def _expire(session_id: str, now: datetime) -> bool:
    rows = LinkSession.objects.select_for_update(of=("self",)).select_related("app")
    session = rows.filter(pk=session_id, status=LinkSession.OPEN).first()
    if session is None:  # approved or left at the last moment, or gone with its app
        return False
    session.status = LinkSession.EXPIRED
    session.save(update_fields=["status"])
    news.session_finished(session, "expired", now)
    return True


def sweep(now: datetime) -> int:
    """Forget link sessions a month after they ended; answers how many rows went."""
    return LinkSession.objects.filter(expires_at__lt=now - KEPT).delete()[0]
