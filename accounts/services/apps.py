"""Developers' apps: register, change, rotate the secret, delete."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.models import App, User
from relay.core.errors import InvalidClient, NotFound
from relay.core.ids import mint_id
from relay.crypto import tokens
from relay.crypto.errors import BadEncoding, BadToken

OVERLAP = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class NewSecret:
    """An app and its client secret, shown this once."""

    app: App
    client_secret: str = field(repr=False)


def register_app(owner: User, fields: dict[str, Any], now: datetime) -> NewSecret:
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
    return NewSecret(app, secret)


def app_of(owner: User, app_id: str) -> App:
    """One of the owner's apps. Raises NotFound, also for somebody else's."""
    app = App.objects.filter(owner=owner, pk=app_id).first()
    if app is None:
        raise NotFound
    return app


def change_app(app: App, fields: dict[str, Any]) -> App:
    """Write the given model fields. Raises NotFound, where it was deleted meanwhile."""
    for name, value in fields.items():
        setattr(app, name, value)
    if fields and not App.objects.filter(pk=app.pk).update(**fields):
        raise NotFound
    return app


def rotate_secret(app: App, *, immediately: bool, now: datetime) -> NewSecret:
    """Give the app a new secret; the old one works for 24 h more unless `immediately`. Writes the app, row locked.

    Raises: NotFound, where it was deleted meanwhile.
    """
    secret = tokens.mint_token(tokens.APP_SECRET)
    with transaction.atomic():
        locked = App.objects.select_for_update().filter(pk=app.pk).first()
        if locked is None:
            raise NotFound
        locked.previous_secret_hash = None if immediately else locked.secret_hash
        locked.previous_expires_at = None if immediately else now + OVERLAP
        locked.secret_hash = tokens.digest_token(secret)
        locked.save(update_fields=["secret_hash", "previous_secret_hash", "previous_expires_at"])
    return NewSecret(locked, secret)


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
