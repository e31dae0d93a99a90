"""Changing the master password: the old login key signs the new one in (protocol.md, "Password → two independent keys")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from accounts.models import User, UserSession
from accounts.services import activity, challenges, registration, sessions
from relay.core.errors import InvalidToken, LoginFailed
from relay.crypto import proofs
from relay.crypto.errors import CryptoError

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class NewPassword:
    """What a device sends to change the password: proofs of the old and of the new login key over what is to be stored."""

    challenge: str
    password_proof: bytes
    new: proofs.NewLogin
    register_proof: bytes


def change_password(
    session: UserSession, given: NewPassword, kind: str, user_agent: str, now: datetime, device: str = ""
) -> sessions.Opened:
    """Put a new password in place, end every session, and open a new one of `kind` for the caller.

    Vault items, connections and the recovery key stay as they are. Spends the challenge.
    Raises: LoginFailed (challenge or passwordProof), InvalidRequest (registerProof), InvalidToken (the session has ended).
    """
    email = session.user.email
    challenges.spend(email, given.challenge, now)
    registration.check_login_key(given.new.login_public_key, email, given.register_proof)
    with transaction.atomic():
        user = lock_user_of(session)
        try:
            proofs.verify_password_proof(
                bytes(user.login_public_key), settings.RELAY_ORIGINS, email, given.challenge, given.password_proof, new=given.new
            )
        except CryptoError:
            raise LoginFailed from None
        put_login(user, given.new)
        opened = sessions.open_session(user, kind, user_agent, now, device)
        activity.record(user, "password_changed", now, session=opened.session)
    return opened


def lock_user_of(session: UserSession) -> User:
    """The session's user, row locked in the caller's transaction: whoever changes how to get in waits for the others.

    What only refers to the user does not wait (no_key), or writing an activity could deadlock with this.
    Raises: InvalidToken, where the session was ended meanwhile.
    """
    user = User.objects.select_for_update(no_key=True).filter(pk=session.user_id).first()
    if user is None or not UserSession.objects.filter(pk=session.pk).exists():
        raise InvalidToken
    return user


def put_login(user: User, new: proofs.NewLogin) -> None:
    """Write a new login key and wrap, end every session that the old ones opened, and know no browser any more.

    In the caller's transaction.
    """
    user.kdf = new.kdf.as_json()
    user.login_public_key = new.login_public_key
    user.wrapped_vault_key = new.wrapped_vault_key
    user.save(update_fields=["kdf", "login_public_key", "wrapped_vault_key"])
    user.sessions.all().delete()
    user.devices.all().delete()
