"""Logging in and unlocking: a signature over a challenge (protocol.md, "Password → two independent keys")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from accounts.models import User
from accounts.services import activity, challenges, sessions
from relay.core.errors import LoginFailed
from relay.crypto import proofs
from relay.crypto.challenges import prelogin_salt
from relay.crypto.errors import CryptoError
from relay.crypto.kdf import check_kdf, default_kdf

if TYPE_CHECKING:
    from datetime import datetime

# The first test key of RFC 8032: unknown emails cost the same verification as known ones. Its seed is public, which lets
# nobody in: log_in refuses whoever has no row, whatever the signature says.
NOBODY = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")


def prelogin_kdf(email: str) -> dict[str, Any]:
    """The derivation parameters of an email; for an unknown one made up, the same each time."""
    kdf = User.objects.filter(email=email).values_list("kdf", flat=True).first()
    made_up = default_kdf(prelogin_salt(settings.RELAY_SERVER_SECRET.reveal(), email)).as_json()
    return made_up if kdf is None else present_kdf(kdf)


def present_kdf(stored: Any) -> dict[str, Any]:
    """A user's parameters with members in the order of made-up ones: a database that reorders them would tell who is known."""
    return check_kdf(stored).as_json()


def sign_in(email: str, challenge: str, login_proof: bytes, kind: str, user_agent: str, now: datetime, device: str = "") -> sessions.Opened:
    """Let a device in. Raises LoginFailed. Spends the challenge; writes a session and an activity.

    A page is known by its device cookie `device`; any other program, which keeps none, by what it calls itself.
    """
    user = log_in(email, challenge, login_proof, now)
    with transaction.atomic():
        opened = sessions.open_session(user, kind, user_agent, now, device)
        is_new = opened.browser.is_new if opened.browser is not None else not activity.has_seen(user, user_agent)
        activity.record(user, "new_device" if is_new else "signed_in", now, session=opened.session)
    return opened


def log_in(email: str, challenge: str, login_proof: bytes, now: datetime) -> User:
    """The user whose login key signed the challenge. Raises LoginFailed, whatever was wrong. Spends the challenge."""
    challenges.spend(email, challenge, now)
    user = User.objects.filter(email=email).first()
    public_key = NOBODY if user is None else bytes(user.login_public_key)
    try:
        proofs.verify_login_proof(public_key, settings.RELAY_ORIGINS, email, challenge, login_proof)
    except CryptoError:
        raise LoginFailed from None
    if user is None:
        raise LoginFailed
    return user
