"""The two operations every blob is made of: HKDF-SHA-256 and AES-256-GCM, both from `cryptography`.

Source: protocol.md, "Conventions"; RFC 5869; NIST SP 800-38D.
"""

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from relay.crypto.encoding import b64u_decode, b64u_encode
from relay.crypto.errors import BadEncoding, CannotOpen

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
OVERHEAD_BYTES: Final = NONCE_BYTES + TAG_BYTES

_SHA256 = SHA256()


def derive(ikm: bytes, info: str) -> bytes:
    """Answer `HKDF(ikm, info)`: 32 bytes, empty salt; `info` is one of `labels`."""
    return HKDF(algorithm=_SHA256, length=KEY_BYTES, salt=None, info=info.encode("ascii")).derive(ikm)


def seal(key: bytes, aad: bytes, plaintext: bytes) -> str:
    """Answer the blob `b64u(nonce ∥ ciphertext ∥ tag)` under a fresh random nonce.

    Raises: BadEncoding for a key that is not 32 bytes.
    """
    nonce = secrets.token_bytes(NONCE_BYTES)
    return b64u_encode(nonce + AESGCM(check_key(key)).encrypt(nonce, plaintext, aad))


def open_blob(key: bytes, aad: bytes, blob: object) -> bytes:
    """Answer the plaintext of a blob.

    Raises: BadEncoding (malformed, shorter than nonce and tag, key not 32 bytes), CannotOpen (the cipher refused).
    """
    raw = b64u_decode(blob)
    if len(raw) < OVERHEAD_BYTES:
        raise BadEncoding("shorter than a nonce and a tag")
    try:
        return AESGCM(check_key(key)).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], aad)
    except InvalidTag:
        pass
    raise CannotOpen("the cipher refused")


def open_key(key: bytes, aad: bytes, blob: object) -> bytes:
    """Answer the 32-byte key inside a blob; otherwise as `open_blob`."""
    return check_key(open_blob(key, aad, blob))


def check_key(key: bytes) -> bytes:
    """Answer `key` if it is 32 bytes.

    Raises: BadEncoding.
    """
    if len(key) != KEY_BYTES:
        raise BadEncoding("a key has 32 bytes")
    return key


def check_blob(text: object, *, min_plaintext_bytes: int = 0, max_plaintext_bytes: int) -> str:
    """Answer `text` if it has the shape of a blob whose plaintext has so many bytes: all a server can check.

    Raises: BadEncoding.
    """
    if not isinstance(text, str):
        raise BadEncoding("not a blob")
    plaintext_bytes = len(b64u_decode(text)) - OVERHEAD_BYTES
    if not min_plaintext_bytes <= plaintext_bytes <= max_plaintext_bytes:
        raise BadEncoding("a blob of the wrong length")
    return text
