"""Which browsers a person has signed in with: known by a random cookie that outlives sessions, of which a digest is kept.

The kind of browser alone would not do: a stranger who uses the same kind would be nobody new.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from accounts.models import KnownDevice
from relay.crypto import tokens
from relay.crypto.encoding import b64u_decode, b64u_encode
from relay.crypto.errors import BadEncoding

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from accounts.models import User, UserSession

KEPT: Final = timedelta(days=400)
"""As long as browsers keep a cookie; each sign-in begins it anew."""


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser that a person signs in with, and what its cookie is to be."""

    known: KnownDevice
    is_new: bool
    cookie: str = field(repr=False)


def recognise(user: User, cookie: str, now: datetime) -> Browser:
    """The browser with this cookie, from now on known to be the person's; one without a cookie of ours is given one.

    Writes: its KnownDevice.
    """
    cookie = cookie if _is_ours(cookie) else b64u_encode(secrets.token_bytes(32))
    digest = tokens.digest_token(f"{user.pk} {cookie}")
    known, is_new = KnownDevice.objects.update_or_create(user=user, device_hash=digest, defaults={"seen_at": now})
    return Browser(known, is_new, cookie)


def forget(ended: Iterable[UserSession], by: UserSession) -> None:
    """Whoever was signed out from another browser is new again in theirs."""
    gone = {session.device_id for session in ended if session.device_id is not None} - {by.device_id}
    KnownDevice.objects.filter(pk__in=gone).delete()


def sweep(now: datetime) -> int:
    """Forget browsers whose cookie has ended; answers how many rows went."""
    return KnownDevice.objects.filter(seen_at__lt=now - KEPT).delete()[0]


def _is_ours(cookie: str) -> bool:
    try:
        b64u_decode(cookie, length=32)
    except BadEncoding:
        return False
    return True
