"""Authorising: the person's approval becomes a pending connection (protocol.md, "Connections")."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from accounts.models import User, UserSession
from linkflow.limits import Terms
from linkflow.models import Connection, LinkSession, SealedKey
from linkflow.services import connections, deeds, news, sessions
from relay.core.errors import Conflict, InvalidRequest, InvalidToken, LinkConsumed, NotFound
from usage.services import open_budget

PUBLIC_TOKEN_LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Approval:
    """What the person's browser sends; hashes raw, blobs as b64u text, seals by provider."""

    public_token_hash: bytes
    granted_key: str
    owner_grant: str
    sealed_keys: dict[str, str]
    terms: Terms


def authorize(user: User, link_token: str, approval: Approval, now: datetime, by: UserSession | None = None) -> Connection:
    """Make the pending connection of a link session. The same user, session and hash again while pending: the first answer.

    Writes, in one transaction with the session locked: Connection, SealedKeys, its budget, the session's status, an activity.
    Raises: InvalidToken, LinkExpired, LinkConsumed, InvalidRequest (seals), Conflict (a public token hash in use).
    """
    session = sessions.by_token(link_token, now)
    if session.is_update:
        raise InvalidRequest(fields={"connectionId": ["This link session updates a connection: name it."]})
    if not set(approval.sealed_keys) <= set(session.requested_providers):
        raise InvalidRequest(fields={"sealedKeys": ["Has a provider that was not requested."]})
    try:
        with transaction.atomic():
            locked = _lock(session)
            if locked.status != LinkSession.OPEN:
                return _answered_before(user, locked, approval)
            connection = _create(user, locked, approval, now)
            deeds.approved(connection, now, by)
            news.session_finished(locked, "authorized", now)
            return connection
    except IntegrityError:
        if not User.objects.filter(pk=user.pk).exists():  # the account was deleted meanwhile
            raise InvalidToken from None
        raise Conflict("This public token hash is in use. Make a new public token.") from None


def _lock(session: LinkSession) -> LinkSession:
    locked = LinkSession.objects.select_for_update(of=("self",)).select_related("app").filter(pk=session.pk).first()
    if locked is None:  # with its app
        raise InvalidToken
    return locked


def _answered_before(user: User, session: LinkSession, approval: Approval) -> Connection:
    pending = Connection.objects.filter(
        pk=session.connection_id, user=user, status=Connection.PENDING, public_token_hash=approval.public_token_hash
    ).first()
    if pending is None:
        raise LinkConsumed
    return pending


def _create(user: User, session: LinkSession, approval: Approval, now: datetime) -> Connection:
    connection = Connection(
        id=session.connection_id,
        user=user,
        app=session.app,
        link_session=session,
        client_user_id=session.client_user_id,
        owner_grant=approval.owner_grant,
        granted_key=approval.granted_key,
        public_token_hash=approval.public_token_hash,
        public_token_expires_at=now + PUBLIC_TOKEN_LIFETIME,
        created_at=now,
    )
    approval.terms.apply(connection)
    connection.save(force_insert=True)
    SealedKey.objects.bulk_create(
        SealedKey(connection=connection, provider=provider, blob=blob) for provider, blob in approval.sealed_keys.items()
    )
    open_budget(connection.pk, user.pk, approval.terms.budget_limits(), now)
    session.status = LinkSession.AUTHORIZED
    session.authorized_user = user
    session.save(update_fields=["status", "authorized_user"])
    return connection


def authorize_update(
    user: User, link_token: str, connection_id: str, change: connections.Change, now: datetime, by: UserSession | None = None
) -> Connection:
    """Change the connection that a link session in update mode asks about; final, no exchange follows.

    The same change again by the same user, whose first answer was lost: the connection as it is.

    Raises: as connections.change; NotFound unless the connection is this user's and the one the session names; LinkConsumed.
    """
    session = sessions.by_token(link_token, now)
    if not session.is_update or session.connection_id != connection_id:
        raise NotFound
    if not set(change.sealed_keys) <= set(session.requested_providers):
        raise InvalidRequest(fields={"sealedKeys": ["Has a provider that was not requested."]})
    with transaction.atomic():
        locked = _lock(session)
        if locked.status == LinkSession.AUTHORIZED and locked.authorized_user_id == user.pk:
            return _updated_before(user, connection_id, change)
        connection = connections.changed(user, connection_id, change, now, elevated=True, by=by)
        if locked.status != LinkSession.OPEN:
            raise LinkConsumed
        locked.status = LinkSession.AUTHORIZED
        locked.authorized_user = user
        locked.save(update_fields=["status", "authorized_user"])
        news.session_finished(locked, "authorized", now)
    return connection


def _updated_before(user: User, connection_id: str, change: connections.Change) -> Connection:
    connection = connections.find(user, connection_id)
    if not change.is_done(connection):
        raise LinkConsumed
    return connection
