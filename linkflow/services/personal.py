"""Personal connections: for the user's own tools, made whole on the device (api.md, `POST /v1/connections`)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from accounts.models import User, UserSession
from linkflow.limits import Terms
from linkflow.models import Connection, SealedKey
from linkflow.services import deeds
from linkflow.services.connections import find
from relay.core.errors import Conflict, InvalidRequest
from usage.services import open_budget

TRIAL_LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Personal:
    """What the device sends; the hash raw, blobs as b64u text, seals by provider."""

    connection_id: str
    name: str
    access_token_hash: bytes
    held_key: str
    owner_grant: str
    sealed_keys: dict[str, str]
    terms: Terms
    trial: bool


def create(user: User, given: Personal, now: datetime, by: UserSession | None = None) -> tuple[Connection, bool]:
    """The personal connection, and whether it is new; an identical repeat answers the first.

    Writes, in one transaction: Connection (active), SealedKeys, its budget, an activity.
    Raises: InvalidRequest (a trial has one key), Conflict (id or token hash in use).
    """
    if given.trial and len(given.sealed_keys) != 1:
        raise InvalidRequest(fields={"sealedKeys": ["A trial connection has exactly one."]})
    try:
        with transaction.atomic():
            deeds.approved(_insert(user, given, now), now, by)
    except IntegrityError:
        return _repeat_of(user, given), False
    return find(user, given.connection_id), True


def _terms(given: Personal, created_at: datetime) -> Terms:
    """The terms of a connection made at that time: a trial ends within ten minutes."""
    if not given.trial:
        return given.terms
    latest = created_at + TRIAL_LIFETIME
    return replace(given.terms, expires_at=min(given.terms.expires_at or latest, latest))


def _insert(user: User, given: Personal, now: datetime) -> Connection:
    connection = Connection(
        id=given.connection_id,
        user=user,
        name=given.name,
        trial=given.trial,
        status=Connection.ACTIVE,
        owner_grant=given.owner_grant,
        held_key=given.held_key,
        access_token_hash=given.access_token_hash,
        created_at=now,
    )
    terms = _terms(given, now)
    terms.apply(connection)
    connection.save(force_insert=True)
    SealedKey.objects.bulk_create(
        SealedKey(connection=connection, provider=provider, blob=blob) for provider, blob in given.sealed_keys.items()
    )
    open_budget(connection.pk, user.pk, terms.budget_limits(), now)
    return connection


def _repeat_of(user: User, given: Personal) -> Connection:
    first = Connection.objects.filter(pk=given.connection_id, user=user, app=None).first()
    if first is None or first.access_token_hash is None or not _is_identical(first, given):
        raise Conflict("This connection id or access token is in use. Make new ones.")
    return find(user, first.pk)


def _is_identical(first: Connection, given: Personal) -> bool:
    assert first.access_token_hash is not None
    return (
        hmac.compare_digest(bytes(first.access_token_hash), given.access_token_hash)
        and first.held_key == given.held_key
        and first.owner_grant == given.owner_grant
        and first.name == given.name
        and first.trial == given.trial
        and Terms.of(first) == _terms(given, first.created_at)
        and dict(first.sealed_keys.values_list("provider", "blob")) == given.sealed_keys
    )
