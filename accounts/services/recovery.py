"""The recovery kit: making one, and getting back in with it (protocol.md, "Vault")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from accounts.models import User
from accounts.services import activity, challenges, registration, sessions
from accounts.services.login import NOBODY
from accounts.services.password import lock_user_of, put_login
from relay.core.errors import LoginFailed
from relay.crypto import proofs
from relay.crypto.errors import CryptoError

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import UserSession


@dataclass(frozen=True, slots=True)
class Recovery:
    """What a device sends to get back in: a new password and a new recovery key, signed for by the old recovery key."""

    email: str
    challenge: str
    recover_proof: bytes
    new: proofs.NewLogin
    register_proof: bytes
    new_recovery: proofs.NewRecovery


def set_recovery(session: UserSession, new: proofs.NewRecovery, now: datetime) -> None:
    """Put a recovery key in place; the one before stops working. Raises InvalidRequest (key refused), InvalidToken."""
    registration.check_recovery_key(new.public_key)
    with transaction.atomic():
        user = lock_user_of(session)
        _put_recovery(user, new)
        activity.record(user, "recovery_set", now, session=session)


def read_recovery(email: str, challenge: str, recover_read_proof: bytes, now: datetime) -> str:
    """The vault key as the recovery key wraps it, for whoever holds that key. Spends the challenge.

    Raises: LoginFailed, whatever was wrong: an unknown email and one without a recovery key are not told apart.
    """
    challenges.spend(email, challenge, now)
    user = User.objects.filter(email=email).first()
    try:
        proofs.verify_recover_read_proof(_recovery_key_of(user), settings.RELAY_ORIGINS, email, challenge, recover_read_proof)
    except CryptoError:
        raise LoginFailed from None
    return _recoverable(user).recovery_vault_key or ""


def recover(given: Recovery, kind: str, user_agent: str, now: datetime, device: str = "") -> sessions.Opened:
    """Put a new password and recovery key in place, end every session, and open one of `kind`. Spends the challenge.

    Raises: LoginFailed (challenge, email, proof; not told apart), InvalidRequest (registerProof, recoveryPublicKey).
    """
    challenges.spend(given.email, given.challenge, now)
    registration.check_login_key(given.new.login_public_key, given.email, given.register_proof)
    registration.check_recovery_key(given.new_recovery.public_key)
    with transaction.atomic():
        # Locked before it is verified: of two recoveries with one kit the second finds another key.
        user = User.objects.select_for_update(no_key=True).filter(email=given.email).first()
        _verify(_recovery_key_of(user), given)
        user = _recoverable(user)
        put_login(user, given.new)
        _put_recovery(user, given.new_recovery)
        opened = sessions.open_session(user, kind, user_agent, now, device)
        activity.record(user, "recovered", now, session=opened.session)
    return opened


def _verify(recovery_public_key: bytes, given: Recovery) -> None:
    origins, new, again = settings.RELAY_ORIGINS, given.new, given.new_recovery
    try:
        proofs.verify_recover_proof(
            recovery_public_key, origins, given.email, given.challenge, given.recover_proof, new=new, new_recovery=again
        )
    except CryptoError:
        raise LoginFailed from None


def _recovery_key_of(user: User | None) -> bytes:
    """A key to verify with in any case: whoever can't recover costs the same work."""
    return NOBODY if user is None or user.recovery_public_key is None else bytes(user.recovery_public_key)


def _recoverable(user: User | None) -> User:
    """The user, if there is a recovery key: the seed of NOBODY is public."""
    if user is None or user.recovery_public_key is None:
        raise LoginFailed
    return user


def _put_recovery(user: User, new: proofs.NewRecovery) -> None:
    user.recovery_public_key = new.public_key
    user.recovery_vault_key = new.vault_key
    user.save(update_fields=["recovery_public_key", "recovery_vault_key"])
