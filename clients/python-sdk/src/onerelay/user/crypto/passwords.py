"""From a password to the two independent keys of a person; and what a new password must be.

Source: the protocol text, "Password → two independent keys".
"""

import hashlib
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal

from argon2.low_level import ARGON2_VERSION, Type, hash_secret_raw

from onerelay.user.crypto import labels
from onerelay.user.crypto.aead import KEY_BYTES, derive
from onerelay.user.crypto.encoding import join_parts
from onerelay.user.crypto.errors import BadEncoding
from onerelay.user.crypto.kdf import SALT_BYTES, Kdf

SHORTEST_PASSWORD: Final = 12
_FINGERPRINT_BYTES = 4

PasswordRefusal = Literal["too_short", "too_common", "not_text"]


@dataclass(frozen=True, slots=True, repr=False)
class PasswordKeys:
    """The Ed25519 seed that proves who the person is, and the key that wraps the vault key; 32 bytes each."""

    login_seed: bytes
    wrap_key: bytes


def normalise_password(password: str) -> str:
    """Answer the NFKC form, never trimmed. Raises BadEncoding for a lone surrogate or U+0000."""
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in password):
        raise BadEncoding("a password of text that cannot be typed")
    return unicodedata.normalize("NFKC", password)


def refusal_of(password: str) -> PasswordRefusal | None:
    """Answer why a new password is refused; None if it may be chosen."""
    try:
        normalised = normalise_password(password)
    except BadEncoding:
        return "not_text"
    if len(normalised) < SHORTEST_PASSWORD:
        return "too_short"
    return "too_common" if _is_common(normalised.lower()) else None


def derive_keys(password: str, email: str, kdf: Kdf) -> PasswordKeys:
    """Answer the two keys for a normalised email; costs one Argon2id. Raises BadEncoding."""
    master_key = derive_master_key(password, email, kdf)
    return PasswordKeys(derive(master_key, labels.LOGIN), derive(master_key, labels.WRAP))


def derive_master_key(password: str, email: str, kdf: Kdf) -> bytes:
    """Answer the Argon2id output (32 bytes); used only as input of further derivations."""
    return hash_secret_raw(
        secret=normalise_password(password).encode("utf-8"),
        salt=argon_salt(email, kdf.salt),
        time_cost=kdf.iterations,
        memory_cost=kdf.memory_kib,
        parallelism=kdf.parallelism,
        hash_len=KEY_BYTES,
        type=Type.ID,
        version=ARGON2_VERSION,
    )


def argon_salt(email: str, kdf_salt: bytes) -> bytes:
    """Answer the 16 bytes of salt that Argon2id is given for this email."""
    return hashlib.sha256(join_parts(labels.SALT, email, last=kdf_salt)).digest()[:SALT_BYTES]


def _is_common(lowered: str) -> bool:
    listed = _fingerprints()
    wanted = hashlib.sha256(lowered.encode("utf-8")).digest()[:_FINGERPRINT_BYTES]
    at = bisect_left(listed, wanted)
    return at < len(listed) and listed[at] == wanted


@cache
def _fingerprints() -> list[bytes]:
    """The commonest passwords that are long enough, as sorted first bytes of their SHA-256; the browser's list."""
    raw = (files("onerelay.user.crypto") / "common_passwords.bin").read_bytes()
    return [raw[at : at + _FINGERPRINT_BYTES] for at in range(0, len(raw), _FINGERPRINT_BYTES)]
