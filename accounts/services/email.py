"""Confirming an email address: a link is mailed, whoever follows it can read that address's mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from accounts.models import User
from accounts.services import activity, mail
from relay.core.errors import InvalidRequest
from relay.core.ids import is_id
from relay.crypto.email_tokens import check_email_token, user_of_email_token
from relay.crypto.errors import CryptoError

if TYPE_CHECKING:
    from datetime import datetime


def ask(user: User, now: datetime) -> None:
    """Have the link mailed again; nothing happens where the address is confirmed already. Writes one Mail."""
    if user.email_verified_at is None:
        mail.ask_to_confirm(user, now)


def confirm(token: str, now: datetime) -> None:
    """Note that a link's user can read mail at their address. The same link again changes nothing. Writes the user, one activity.

    Raises: InvalidRequest (not ours, expired, of an account that is gone; not told apart).
    """
    try:
        user_id = user_of_email_token(token)
        with transaction.atomic():
            user = User.objects.select_for_update(no_key=True).filter(pk=user_id).first() if is_id("usr", user_id) else None
            if user is None:
                raise _refusal()
            check_email_token(settings.RELAY_SERVER_SECRET.reveal(), user.pk, user.email, token, int(now.timestamp()))
            _note(user, now)
    except CryptoError:
        raise _refusal() from None


def _note(user: User, now: datetime) -> None:
    if user.email_verified_at is not None:
        return
    user.email_verified_at = now
    user.save(update_fields=["email_verified_at"])
    # No device: the link may be opened where nobody is signed in.
    activity.record(user, "email_verified", now, subject=user.email)


def _refusal() -> InvalidRequest:
    why = ["Is not a link of ours, or is older than 24 hours. Sign in and have a new one sent."]
    return InvalidRequest("This link does not work any more. Sign in and have a new one sent.", fields={"token": why})
