"""From a password to the two independent keys of a user.

Source: protocol.md, "Password → two independent keys".
"""

import hashlib
import unicodedata
from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from argon2.low_level import ARGON2_VERSION, Type, hash_secret_raw

from relay.crypto import labels
from relay.crypto.aead import KEY_BYTES, derive
from relay.crypto.encoding import join_parts
from relay.crypto.errors import BadEncoding
from relay.crypto.kdf import SALT_BYTES, Kdf

MIN_PASSWORD_CODE_POINTS: Final = 12


@dataclass(frozen=True, slots=True, repr=False)
class DeviceKeys:
    """The Ed25519 seed that proves who the user is, and the key that wraps the vault key; 32 bytes each."""

    login_seed: bytes
    wrap_key: bytes


def normalise_password(password: str) -> str:
    """Answer the NFKC form, never trimmed.

    Raises: BadEncoding for a lone surrogate or U+0000.
    """
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in password):
        raise BadEncoding("a password of text that cannot be typed")
    return unicodedata.normalize("NFKC", password)


def check_new_password(password: str, common_passwords: Container[str]) -> None:
    """Pass if the password is good enough to be chosen; `common_passwords` are lower-case.

    Raises: BadEncoding if it is shorter than 12 code points after NFKC, common, or no text.
    """
    normalised = normalise_password(password)
    if len(normalised) < MIN_PASSWORD_CODE_POINTS:
        raise BadEncoding("a password has at least 12 characters")
    if normalised.lower() in common_passwords:
        raise BadEncoding("a common password")


def derive_keys(password: str, email: str, kdf: Kdf) -> DeviceKeys:
    """Answer the login seed and the wrap key for a normalised email; costs one Argon2id.

    Raises: BadEncoding.
    """
    master_key = derive_master_key(password, email, kdf)
    return DeviceKeys(login_seed=derive(master_key, labels.LOGIN), wrap_key=derive(master_key, labels.WRAP))


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
