"""Secrets that webhooks are signed with: minted here, shown once, kept sealed under a key of the server's.

Unlike a token's, its hash is of no use: each delivery is signed with the secret itself. Source: Standard Webhooks
(standardwebhooks.com, "Signature scheme", read 2026-11-23): HMAC-SHA-256 over `id.timestamp.body`.
"""

import base64
import hmac
import secrets
from typing import Final

from relay.crypto import aead, labels
from relay.crypto.aead import check_key
from relay.crypto.encoding import check_id

_PREFIX: Final = "whsec_"


def mint_webhook_secret() -> bytes:
    """Make 32 random bytes."""
    return secrets.token_bytes(aead.KEY_BYTES)


def write_webhook_secret(secret: bytes) -> str:
    """Write a secret as libraries for Standard Webhooks read it: `whsec_` and base64 with padding."""
    return _PREFIX + base64.b64encode(check_key(secret)).decode("ascii")


def seal_webhook_secret(server_secret: bytes, app_id: str, secret: bytes) -> str:
    """Answer the blob in which an app's secret is kept. Raises BadEncoding."""
    return aead.seal(aead.derive(server_secret, labels.WEBHOOK_SECRET), check_id(app_id).encode("ascii"), check_key(secret))


def open_webhook_secret(server_secret: bytes, app_id: str, blob: str) -> bytes:
    """Answer the 32 bytes inside. Raises BadEncoding, CannotOpen (sealed under another server secret, or for another app)."""
    return aead.open_key(aead.derive(server_secret, labels.WEBHOOK_SECRET), check_id(app_id).encode("ascii"), blob)


def sign_webhook(secret: bytes, message_id: str, timestamp_seconds: int, body: bytes) -> str:
    """Answer `v1,` and the base64 of the signature over these very bytes."""
    signed = f"{message_id}.{timestamp_seconds}.".encode("ascii") + body
    return "v1," + base64.b64encode(hmac.digest(check_key(secret), signed, "sha256")).decode("ascii")
