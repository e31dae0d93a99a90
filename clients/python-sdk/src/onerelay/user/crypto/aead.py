"""The two operations every blob is made of: HKDF-SHA-256 and AES-256-GCM, both from `cryptography`.

Source: the protocol text, "Conventions".
"""

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from onerelay.user.crypto.encoding import b64u_decode, b64u_encode
from onerelay.user.crypto.errors import BadEncoding, CannotOpen

KEY_BYTES: Final = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16


def derive(ikm: bytes, info: str) -> bytes:
    """Answer `HKDF(ikm, info)`: 32 bytes, empty salt; `info` is one of `labels`."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info.encode("ascii")).derive(ikm)


def seal(key: bytes, aad: bytes, plaintext: bytes) -> str:
    """Answer the blob `b64u(nonce ∥ ciphertext ∥ tag)` under a fresh random nonce. Raises BadEncoding."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return b64u_encode(nonce + AESGCM(check_key(key)).encrypt(nonce, plaintext, aad))


def open_blob(key: bytes, aad: bytes, blob: object) -> bytes:
    """Answer the plaintext of a blob. Raises BadEncoding (malformed), CannotOpen (the cipher refused)."""
    raw = b64u_decode(blob)
    if len(raw) < _NONCE_BYTES + _TAG_BYTES:
        raise BadEncoding("shorter than a nonce and a tag")
    try:
        return AESGCM(check_key(key)).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], aad)
    except InvalidTag:
        pass
    raise CannotOpen("the cipher refused")


def open_key(key: bytes, aad: bytes, blob: object) -> bytes:
    """Answer the 32-byte key inside a blob; otherwise as `open_blob`."""
    return check_key(open_blob(key, aad, blob))


def check_key(key: bytes) -> bytes:
    """Answer `key` if it is 32 bytes. Raises BadEncoding."""
    if len(key) != KEY_BYTES:
        raise BadEncoding("a key has 32 bytes")
    return key
