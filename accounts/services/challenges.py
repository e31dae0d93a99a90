"""Challenges: made without state, spent by their first use (protocol.md, "Password → two independent keys")."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.models import SpentChallenge
from relay.core.errors import LoginFailed
from relay.crypto import challenges
from relay.crypto.errors import CryptoError


def issue(email: str, now: datetime) -> tuple[str, datetime]:
    """A challenge for this email and when it expires; made alike for known and unknown emails."""
    now_ms = int(now.timestamp() * 1000)
    challenge = challenges.make_challenge(settings.RELAY_SERVER_SECRET.reveal(), email, now_ms)
    return challenge, datetime.fromtimestamp((now_ms + challenges.CHALLENGE_LIFETIME_MS) / 1000, UTC)


def spend(email: str, challenge: str, now: datetime) -> None:
    """Mark a challenge as used, whatever comes of it. Raises LoginFailed: not ours, expired, or used before.

    Writes one SpentChallenge, outside any transaction that may be undone.
    """
    now_ms = int(now.timestamp() * 1000)
    try:
        expires_ms = challenges.check_challenge(settings.RELAY_SERVER_SECRET.reveal(), email, challenge, now_ms)
    except CryptoError:
        raise LoginFailed from None
    expires_at = datetime.fromtimestamp(expires_ms / 1000, UTC)
    try:
        with transaction.atomic():
            SpentChallenge.objects.create(challenge_hash=hashlib.sha256(challenge.encode()).digest(), expires_at=expires_at)
    except IntegrityError:
        raise LoginFailed from None


def sweep(now: datetime) -> int:
    """Forget spent challenges that have expired; answers how many."""
    return SpentChallenge.objects.filter(expires_at__lte=now).delete()[0]
