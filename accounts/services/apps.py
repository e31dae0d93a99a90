"""Developers' apps: register, change, rotate the secret, delete. What changes one is written into its owner's activity."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.models import App, User, UserSession
from accounts.services import activity
from relay.core.errors import InvalidClient, NotFound
from relay.core.ids import mint_id
from relay.crypto import tokens
from relay.crypto.errors import BadEncoding, BadToken

OVERLAP = timedelta(hours=24)
_WORDS = {
    "name": "name",
    "website_url": "website",
    "allowed_origins": "allowed origins",
    "redirect_uris": "redirect URIs",
    "webhook_url": "webhook",
    "test_mode": "test mode",
}


@dataclass(frozen=True, slots=True)
class NewSecret:
    """An app and its client secret, shown this once."""

    app: App
    client_secret: str = field(repr=False)


@transaction.atomic
def register_app(owner: User, fields: dict[str, Any], now: datetime, *, session: UserSession | None = None) -> NewSecret:
    """Create an app of `owner` from model fields. Writes one App; mints client id and secret."""
    secret = tokens.mint_token(tokens.APP_SECRET)
    app = App.objects.create(
        id=mint_id("app"),
        owner=owner,
        client_id=tokens.mint_client_id(),
        secret_hash=tokens.digest_token(secret),
        created_at=now,
        **fields,
    )
    _record(app, "app_created", now, session)
    return NewSecret(app, secret)


def app_of(owner: User, app_id: str) -> App:
    """One of the owner's apps. Raises NotFound, also for somebody else's."""
    app = App.objects.filter(owner=owner, pk=app_id).first()
    if app is None:
        raise NotFound
    return app


@transaction.atomic
def change_app(app: App, fields: dict[str, Any], now: datetime, *, session: UserSession | None = None) -> App:
    """Write the model fields that differ, row locked; an origin taken away takes its verification with it.

    Raises: NotFound, where the app was deleted meanwhile.
    """
    locked = lock_app(app)
    changed = [name for name, value in fields.items() if getattr(locked, name) != value]
    if not changed:
        return locked
    for name in changed:
        setattr(locked, name, fields[name])
    kept = set(locked.allowed_origins)
    locked.verified_origins = [origin for origin in locked.verified_origins if origin in kept]
    locked.lost_origins = [origin for origin in locked.lost_origins if origin in kept]
    locked.save(update_fields=[*changed, "verified_origins", "lost_origins"])
    _record(locked, "app_changed", now, session, ", ".join(_WORDS[name] for name in changed).capitalize())
    return locked


@transaction.atomic
def rotate_secret(app: App, *, immediately: bool, now: datetime, session: UserSession | None = None) -> NewSecret:
    """Give the app a new secret; the old one works for 24 h more unless `immediately`. Writes the app, row locked.

    Raises: NotFound, where it was deleted meanwhile.
    """
    secret = tokens.mint_token(tokens.APP_SECRET)
    locked = lock_app(app)
    locked.previous_secret_hash = None if immediately else locked.secret_hash
    locked.previous_expires_at = None if immediately else now + OVERLAP
    locked.secret_hash = tokens.digest_token(secret)
    locked.save(update_fields=["secret_hash", "previous_secret_hash", "previous_expires_at"])
    _record(
        locked, "app_secret_rotated", now, session, "The old one was stopped at once" if immediately else "The old one works a day more"
    )
    return NewSecret(locked, secret)


@transaction.atomic
def stop_previous_secret(app: App, now: datetime, *, session: UserSession | None = None) -> App:
    """End a rotation's overlap: the old secret works no more. Nothing happens where none is left.

    Raises: NotFound, where the app was deleted meanwhile.
    """
    locked = lock_app(app)
    if locked.previous_secret_hash is not None:
        locked.previous_secret_hash = None
        locked.previous_expires_at = None
        locked.save(update_fields=["previous_secret_hash", "previous_expires_at"])
        _record(locked, "app_changed", now, session, "The old secret was stopped")
    return locked


@transaction.atomic
def delete_app(app: App, now: datetime, *, session: UserSession | None = None) -> None:
    """Delete the app; what hangs on it goes by its foreign keys, so the caller (linkflow.services.app_end) locks that first.

    Raises: NotFound, where that was done meanwhile.
    """
    locked = lock_app(app)
    _record(locked, "app_deleted", now, session)
    locked.delete()


def lock_app(app: App) -> App:
    """The app as it is now with its owner, row locked in the caller's transaction. Raises NotFound, where it was deleted meanwhile.

    Not what refers to it (no_key): an approval that holds its link session waits at its commit for whoever locks the app whole.
    """
    locked = App.objects.select_for_update(of=("self",), no_key=True).select_related("owner").filter(pk=app.pk).first()
    if locked is None:
        raise NotFound
    return locked


def authenticate(client_id: str, client_secret: str, now: datetime) -> App:
    """The app that this client id and secret belong to. Raises InvalidClient."""
    try:
        tokens.check_client_id(client_id)
        digest = tokens.check_live_token(client_secret, tokens.APP_SECRET)
    except (BadEncoding, BadToken):
        raise InvalidClient from None
    app = App.objects.filter(client_id=client_id).first()
    if app is None or not _is_secret_of(app, digest, now):
        raise InvalidClient
    return app


def _is_secret_of(app: App, digest: bytes, now: datetime) -> bool:
    if hmac.compare_digest(bytes(app.secret_hash), digest):
        return True
    if app.previous_secret_hash is None or app.previous_expires_at is None or now >= app.previous_expires_at:
        return False
    return hmac.compare_digest(bytes(app.previous_secret_hash), digest)


def _record(app: App, kind: str, now: datetime, session: UserSession | None, detail: str = "") -> None:
    activity.record(app.owner, kind, now, session=session, subject=app.name, subject_id=app.pk, detail=detail)
