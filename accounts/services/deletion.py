"""Deleting an account: the proof for it. What goes with it besides is linkflow's to say (services/account_end.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from accounts.services import challenges
from accounts.services.password import lock_user_of
from relay.core.errors import LoginFailed
from relay.crypto import proofs
from relay.crypto.errors import CryptoError

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User, UserSession


def spend_challenge(session: UserSession, challenge: str, now: datetime) -> None:
    """Spend the challenge, outside the transaction that deletes. Raises LoginFailed."""
    challenges.spend(session.user.email, challenge, now)


def proved_user_of(session: UserSession, challenge: str, delete_proof: bytes) -> User:
    """The user whose login key signed the deletion, row locked in the caller's transaction.

    Raises: LoginFailed, InvalidToken (the session has ended meanwhile).
    """
    user = lock_user_of(session)
    try:
        proofs.verify_delete_proof(bytes(user.login_public_key), settings.RELAY_ORIGINS, user.email, challenge, delete_proof)
    except CryptoError:
        raise LoginFailed from None
    return user
