"""Sessions: signed-in devices, their elevation, and the secret that keeps a browser's vault open between pages."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from accounts.models import User, UserSession
from accounts.services import activity, browsers, devices
from relay.core.errors import InvalidToken, LoginFailed, NotFound, ReauthRequired, TokenExpired
from relay.core.ids import mint_id
from relay.crypto import labels, tokens
from relay.crypto.encoding import b64u_decode, b64u_encode, join_parts
from relay.crypto.errors import BadEncoding, BadToken
from relay.crypto.session_keys import derive_session_key

if TYPE_CHECKING:
    from django.db.models import QuerySet

SLIDING = timedelta(hours=12)
AT_MOST = timedelta(days=30)
ELEVATION = timedelta(minutes=10)
_TOUCH_EVERY = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session with what is shown once: its token and its elevation (b64u of 32 bytes); and a page's browser."""

    session: UserSession
    token: str = field(repr=False)
    elevation: str = field(repr=False)
    browser: browsers.Browser | None = None


def open_session(user: User, kind: str, user_agent: str, now: datetime, device: str = "") -> Opened:
    """Sign a device in, elevated. Writes one UserSession, and the KnownDevice of a cookie's; mints its token and elevation.

    `device` is the device cookie that came with the request, if one did.
    Raises: LoginFailed, where the login key that `user` was let in by was replaced, or the account deleted, meanwhile.
    """
    token = tokens.mint_token(tokens.USER_TOKEN)
    session = UserSession(
        id=mint_id("ses"),
        user=user,
        kind=kind,
        token_hash=tokens.digest_token(token),
        user_agent=user_agent[:200],
        created_at=now,
        last_used_at=now,
        expires_at=now + SLIDING,
    )
    elevation = _elevate(session, now)
    with transaction.atomic():
        if not User.objects.select_for_update(no_key=True).filter(pk=user.pk, login_public_key=bytes(user.login_public_key)).first():
            raise LoginFailed
        browser = browsers.recognise(user, device, now) if kind == UserSession.COOKIE else None
        session.device = browser.known if browser is not None else None
        session.save(force_insert=True)
    return Opened(session, token, elevation, browser)


def elevate(session: UserSession, now: datetime) -> str:
    """Renew the elevation (and a cookie session's vault secret); answers it, b64u of 32 bytes. Writes the session.

    Raises: InvalidToken, where the session was ended meanwhile.
    """
    elevation = _elevate(session, now)
    if not _write_secrets(session):
        raise InvalidToken
    return elevation


def _elevate(session: UserSession, now: datetime) -> str:
    raw = secrets.token_bytes(32)
    session.elevation_hash = _digest(raw)
    session.elevated_until = now + ELEVATION
    if session.kind == UserSession.COOKIE:
        session.session_secret = secrets.token_bytes(32)
        session.locks_at = now + _idle(session)
    return b64u_encode(raw)


def _idle(session: UserSession) -> timedelta:
    return timedelta(minutes=session.user.auto_lock_minutes)


def check_elevation(session: UserSession, presented: str | None, now: datetime) -> None:
    """Raises ReauthRequired unless `presented` is this session's elevation and its ten minutes are not over."""
    try:
        raw = b64u_decode(presented, length=32)
    except BadEncoding:
        raise ReauthRequired from None
    if session.elevation_hash is None or session.elevated_until is None or now >= session.elevated_until:
        raise ReauthRequired
    if not hmac.compare_digest(bytes(session.elevation_hash), _digest(raw)):
        raise ReauthRequired


def find(token: str, kind: str, now: datetime) -> UserSession:
    """The live session of a token, touched. Raises InvalidToken, TokenExpired. Writes last use and expiry, sparingly."""
    try:
        digest = tokens.check_live_token(token, tokens.USER_TOKEN)
    except BadToken:
        raise InvalidToken from None
    session = UserSession.objects.select_related("user").filter(token_hash=digest, kind=kind).first()
    if session is None:
        raise InvalidToken
    if not session.is_live(now):
        raise TokenExpired
    _touch(session, now)
    return session


def _touch(session: UserSession, now: datetime) -> None:
    if session.locks_at is not None and now >= session.locks_at:
        lock(session)
    if now - session.last_used_at < _TOUCH_EVERY:
        return
    session.last_used_at = now
    session.expires_at = min(now + SLIDING, session.created_at + AT_MOST)
    if session.locks_at is not None:
        session.locks_at = now + _idle(session)
    # Only while the secret is there: a lock that happened meanwhile must not be undone.
    UserSession.objects.filter(pk=session.pk).update(last_used_at=now, expires_at=session.expires_at)
    UserSession.objects.filter(pk=session.pk, session_secret__isnull=False).update(locks_at=session.locks_at)


def lock(session: UserSession) -> None:
    """Forget the vault secret and the elevation: nothing on this server helps to open the browser's vault any more."""
    session.session_secret = session.locks_at = session.elevation_hash = session.elevated_until = None
    _write_secrets(session)


def _write_secrets(session: UserSession) -> int:
    """Answers 0 where the session has been ended: there is nothing left to write."""
    return UserSession.objects.filter(pk=session.pk).update(
        session_secret=session.session_secret,
        locks_at=session.locks_at,
        elevation_hash=session.elevation_hash,
        elevated_until=session.elevated_until,
    )


def session_key(session: UserSession, token: str, now: datetime) -> tuple[str, datetime]:
    """The session key (b64u) and when it locks; slides. Raises ReauthRequired when locked."""
    if session.session_secret is None:
        raise ReauthRequired("The vault is locked. Unlock it with your password.")
    session.locks_at = now + _idle(session)
    UserSession.objects.filter(pk=session.pk, session_secret__isnull=False).update(locks_at=session.locks_at)
    return b64u_encode(derive_session_key(token, bytes(session.session_secret))), session.locks_at


def sessions_of(user: User, now: datetime) -> QuerySet[UserSession]:
    """The live sessions of a user, newest use first."""
    return user.sessions.filter(expires_at__gt=now).order_by("-last_used_at")


@transaction.atomic
def end(by: UserSession, session_id: str, now: datetime) -> None:
    """Sign one device of a user out, on the same or another one. Raises NotFound, also for somebody else's session."""
    session = by.user.sessions.select_for_update().filter(pk=session_id).first()
    if session is None:
        raise NotFound
    session.delete()
    browsers.forget([session], by)
    activity.record(by.user, "session_ended", now, session=by, subject=devices.describe(session.user_agent), subject_id=session_id)


def end_others(session: UserSession, now: datetime) -> int:
    """Sign every other device of the user out; answers how many. Ended ones that are not swept yet do not count."""
    others = session.user.sessions.exclude(pk=session.pk)
    with transaction.atomic():
        ended = list(others.select_for_update().filter(expires_at__gt=now))
        others.delete()
        browsers.forget(ended, session)
        for each in ended:
            name = devices.describe(each.user_agent)
            activity.record(session.user, "session_ended", now, session=session, subject=name, subject_id=each.pk)
    return len(ended)


def csrf_token(session: UserSession) -> str:
    """The token that pages of this session send with every write; made without state."""
    secret = settings.RELAY_SERVER_SECRET.reveal()
    return b64u_encode(hmac.digest(secret, join_parts(labels.CSRF, session.pk), "sha256"))


def sweep(now: datetime) -> int:
    """Delete expired sessions and lock idle ones; answers how many were deleted."""
    UserSession.objects.filter(locks_at__lte=now).update(session_secret=None, locks_at=None, elevation_hash=None, elevated_until=None)
    return UserSession.objects.filter(expires_at__lte=now).delete()[0]


def _digest(raw: bytes) -> bytes:
    return tokens.digest_token(b64u_encode(raw))
