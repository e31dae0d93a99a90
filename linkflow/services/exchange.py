"""Exchange: a public token becomes an access token, once (protocol.md, "Connections")."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import transaction

from linkflow.models import Connection, LinkSession
from linkflow.services import deeds, news
from relay.core.errors import ConnectionUnusable, Forbidden, InvalidToken, LinkConsumed, LinkExpired
from relay.crypto import connection_keys, tokens
from relay.crypto.errors import BadToken, CryptoError

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import App


@dataclass(frozen=True, slots=True)
class Exchanged:
    """An active connection and its access token, shown this once."""

    connection: Connection
    access_token: str = field(repr=False)


def exchange(app: App, public_token: str, client_user_id: str, now: datetime) -> Exchanged:
    """Trade a public token for an access token; works once, and only for the app that opened the session.

    Writes: clears granted_key, stores held_key and the access token's SHA-256, activates the connection (one transaction, row
    locked). Raises: InvalidToken (checksum, unknown, other app's: not told apart), LinkExpired (10 min), LinkConsumed,
    Forbidden (another clientUserId than the session was opened with: the connection is deleted), ConnectionUnusable (the
    granted key does not open).
    """
    try:
        digest = tokens.check_live_token(public_token, tokens.PUBLIC_TOKEN)
    except BadToken:
        raise InvalidToken from None
    with transaction.atomic():
        connection = _find(app, digest, now)
        planted = not _is_same_person(connection, client_user_id)
        if planted:
            deeds.ended(connection, "connection_revoked", now, None, "The app picked it up for somebody else")
            news.revoked(connection, "app", now)
            connection.delete()
        else:
            exchanged = _activate(connection, public_token, client_user_id)
            news.created(exchanged.connection, now)
    if planted:
        raise Forbidden("The link session was opened for another clientUserId; the connection was deleted.")
    return exchanged


def _find(app: App, digest: bytes, now: datetime) -> Connection:
    # The link session first, as everybody locks it who locks both.
    asked = Connection.objects.filter(public_token_hash=digest, app=app).values("link_session")
    LinkSession.objects.select_for_update().filter(pk__in=asked).first()
    connection = Connection.objects.select_for_update().filter(public_token_hash=digest, app=app).first()
    if connection is None:
        raise InvalidToken
    if connection.status != Connection.PENDING:
        raise LinkConsumed
    assert connection.public_token_expires_at is not None
    if now >= connection.public_token_expires_at:
        raise LinkExpired
    return connection


def _is_same_person(connection: Connection, client_user_id: str) -> bool:
    """That stops one person's approval being planted in another's account of the app (api.md, "Link")."""
    expected = connection.client_user_id
    return not expected or hmac.compare_digest(expected.encode(), client_user_id.encode())


def _activate(connection: Connection, public_token: str, client_user_id: str) -> Exchanged:
    try:
        key = connection_keys.open_granted_key(public_token, connection.pk, connection.granted_key or "")
    except CryptoError:
        raise ConnectionUnusable("The approval can't be opened. Open a new Link session.") from None
    access_token = tokens.mint_token(tokens.ACCESS_TOKEN)
    connection.held_key = connection_keys.seal_held_key(access_token, connection.pk, key)
    connection.access_token_hash = tokens.digest_token(access_token)
    connection.granted_key = None
    connection.client_user_id = connection.client_user_id or client_user_id
    connection.status = Connection.ACTIVE
    connection.save(update_fields=["held_key", "access_token_hash", "granted_key", "client_user_id", "status"])
    LinkSession.objects.filter(pk=connection.link_session_id).update(status=LinkSession.EXCHANGED)
    return Exchanged(connection, access_token)
