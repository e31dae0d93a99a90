"""Challenges without state, and the salt that an unknown email is answered with.

Source: protocol.md, "Password → two independent keys".
"""

import hmac
import secrets
from typing import Final

from relay.crypto import labels
from relay.crypto.encoding import b64u_decode, b64u_encode, join_parts
from relay.crypto.errors import BadProof

CHALLENGE_LIFETIME_MS: Final = 120_000
_EXPIRY_BYTES = 8
_UNSIGNED_BYTES = 16


def make_challenge(secret: bytes, email: str, now_ms: int) -> str:
    """Answer a challenge (43 characters) for a normalised email, valid until `now_ms` + CHALLENGE_LIFETIME_MS."""
    expires_ms = now_ms + CHALLENGE_LIFETIME_MS
    unsigned = expires_ms.to_bytes(_EXPIRY_BYTES, "big") + secrets.token_bytes(_UNSIGNED_BYTES - _EXPIRY_BYTES)
    return b64u_encode(unsigned + _mac(secret, labels.CHALLENGE, email, b64u_encode(unsigned)))


def check_challenge(secret: bytes, email: str, challenge: str, now_ms: int) -> int:
    """Answer when (Unix ms) a challenge of ours for this email expires; whether it was spent, the caller knows.

    Raises: BadEncoding (malformed), BadProof (not ours, another email's, or expired).
    """
    raw = b64u_decode(challenge, length=32)
    unsigned, mac = raw[:_UNSIGNED_BYTES], raw[_UNSIGNED_BYTES:]
    if not hmac.compare_digest(mac, _mac(secret, labels.CHALLENGE, email, b64u_encode(unsigned))):
        raise BadProof("not a challenge for this email")
    expires_ms = int.from_bytes(unsigned[:_EXPIRY_BYTES], "big")
    if now_ms >= expires_ms:
        raise BadProof("an expired challenge")
    return expires_ms


def prelogin_salt(secret: bytes, email: str) -> bytes:
    """Answer the 16 bytes that an unknown email is given as `kdf.salt`, the same each time."""
    return _mac(secret, labels.PRELOGIN, email)


def _mac(secret: bytes, *parts: str) -> bytes:
    return hmac.digest(secret, join_parts(*parts), "sha256")[:16]
