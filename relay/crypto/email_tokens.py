"""Tokens that confirm an email address, made without state: whoever has one can read that address's mail.

They are bound to one user and one address, and open nothing: presenting one says that mail arrives, and no more.
"""

import hmac
from typing import Final

from relay.crypto import labels
from relay.crypto.encoding import b64u_decode, b64u_encode, join_parts
from relay.crypto.errors import BadProof

EMAIL_TOKEN_LIFETIME_SECONDS: Final = 24 * 3600
_EXPIRY_BYTES = 8


def make_email_token(secret: bytes, user_id: str, email: str, now_seconds: int) -> str:
    """Answer a token (b64u text) for this user and normalised address, good for EMAIL_TOKEN_LIFETIME_SECONDS."""
    expiry = (now_seconds + EMAIL_TOKEN_LIFETIME_SECONDS).to_bytes(_EXPIRY_BYTES, "big")
    return b64u_encode(expiry + _mac(secret, user_id, email, expiry) + user_id.encode())


def user_of_email_token(token: str) -> str:
    """Answer which user a token claims to be of; nothing is checked yet. Raises BadEncoding, BadProof."""
    user_id = b64u_decode(token)[_EXPIRY_BYTES + 32 :]
    if not user_id.isascii():
        raise BadProof("not a token of ours")
    return user_id.decode()


def check_email_token(secret: bytes, user_id: str, email: str, token: str, now_seconds: int) -> None:
    """Return for a live token of ours, of this user and address.

    Raises: BadEncoding (malformed), BadProof (not ours, somebody else's, another address's, or expired).
    """
    raw = b64u_decode(token)
    expiry, mac, named = raw[:_EXPIRY_BYTES], raw[_EXPIRY_BYTES : _EXPIRY_BYTES + 32], raw[_EXPIRY_BYTES + 32 :]
    if named != user_id.encode() or not hmac.compare_digest(mac, _mac(secret, user_id, email, expiry)):
        raise BadProof("not a token for this address")
    if now_seconds >= int.from_bytes(expiry, "big"):
        raise BadProof("an expired token")


def _mac(secret: bytes, user_id: str, email: str, expiry: bytes) -> bytes:
    return hmac.digest(secret, join_parts(labels.VERIFY_EMAIL, user_id, email, b64u_encode(expiry)), "sha256")
