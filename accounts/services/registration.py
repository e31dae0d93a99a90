"""Making an account: an email, a login public key, a wrapped vault key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.services import activity, mail, sessions
from relay.core.errors import EmailTaken, InvalidRequest
from relay.core.ids import mint_id
from relay.crypto import proofs
from relay.crypto.errors import BadProof

if TYPE_CHECKING:
    from datetime import datetime

    from relay.crypto.kdf import Kdf


@dataclass(frozen=True, slots=True)
class Registration:
    """What a device sends to register; keys raw, blobs as b64u text."""

    email: str
    kdf: Kdf
    login_public_key: bytes
    register_proof: bytes
    wrapped_vault_key: str
    recovery_public_key: bytes | None
    recovery_vault_key: str | None


@transaction.atomic
def sign_up(given: Registration, kind: str, user_agent: str, now: datetime, device: str = "") -> sessions.Opened:
    """Create the account and sign its device in. Raises and writes: as `register` and `open_session`; an activity, a mail."""
    user = register(given, now)
    opened = sessions.open_session(user, kind, user_agent, now, device)
    activity.record(user, "registered", now, session=opened.session)
    mail.ask_to_confirm(user, now)
    return opened


def register(given: Registration, now: datetime) -> User:
    """Create the account. Raises InvalidRequest (proof or key refused), EmailTaken. Writes one User."""
    _check_keys(given)
    user = User(
        id=mint_id("usr"),
        email=given.email,
        kdf=given.kdf.as_json(),
        login_public_key=given.login_public_key,
        wrapped_vault_key=given.wrapped_vault_key,
        recovery_public_key=given.recovery_public_key,
        recovery_vault_key=given.recovery_vault_key,
        created_at=now,
    )
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        raise EmailTaken from None
    return user


def check_login_key(login_public_key: bytes, email: str, register_proof: bytes) -> None:
    """Raises InvalidRequest unless whoever brings a new login key holds its seed, for this relay and email."""
    try:
        proofs.verify_register_proof(login_public_key, settings.RELAY_ORIGINS, email, register_proof)
    except BadProof:
        raise InvalidRequest(fields={"registerProof": ["Does not prove that you hold the login key, for this relay and email."]}) from None


def check_recovery_key(recovery_public_key: bytes) -> None:
    """Raises InvalidRequest for a small-order point: one forged signature would fit every message."""
    try:
        proofs.check_public_key(recovery_public_key)
    except BadProof:
        raise InvalidRequest(fields={"recoveryPublicKey": ["This key is refused."]}) from None


def _check_keys(given: Registration) -> None:
    check_login_key(given.login_public_key, given.email, given.register_proof)
    if (given.recovery_public_key is None) != (given.recovery_vault_key is None):
        raise InvalidRequest(fields={"recoveryVaultKey": ["Goes together with recoveryPublicKey."]})
    if given.recovery_public_key is not None:
        check_recovery_key(given.recovery_public_key)
