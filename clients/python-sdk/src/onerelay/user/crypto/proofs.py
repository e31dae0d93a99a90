"""What a device signs with its login or recovery seed; every proof is b64u of 64 bytes.

Each is bound to one relay (`origin`, as this device is configured to reach it), one account and one purpose. Emails are
normalised. Everything raises BadEncoding for malformed parts. Source: the protocol text, "Password → two independent keys".
"""

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from onerelay.user.crypto import labels
from onerelay.user.crypto.aead import check_key
from onerelay.user.crypto.encoding import b64u_decode, b64u_encode, join_parts
from onerelay.user.crypto.kdf import Kdf


@dataclass(frozen=True, slots=True)
class NewLogin:
    """What a new password puts in place at the relay: public key and wrap of the vault key as b64u text."""

    kdf: Kdf
    login_public_key: str
    wrapped_vault_key: str


@dataclass(frozen=True, slots=True)
class NewRecovery:
    """What a new recovery key puts in place at the relay, as b64u text."""

    public_key: str
    vault_key: str


def public_key_of(seed: bytes) -> str:
    """Answer the public key of a login or recovery seed, as b64u text."""
    return b64u_encode(_private_key(seed).public_key().public_bytes_raw())


def sign_register(login_seed: bytes, origin: str, email: str) -> str:
    """Sign that this device holds the seed of the login key it registers."""
    return _sign(login_seed, labels.REGISTER, origin, email, public_key_of(login_seed))


def sign_login(login_seed: bytes, origin: str, email: str, challenge: str) -> str:
    """Sign a challenge to log in or to unlock."""
    return _sign(login_seed, labels.LOGIN, origin, email, _checked(challenge))


def sign_recover_read(recovery_seed: bytes, origin: str, email: str, challenge: str) -> str:
    """Sign a challenge to read the recovery wrap."""
    return _sign(recovery_seed, labels.RECOVER_READ, origin, email, _checked(challenge))


def sign_delete(login_seed: bytes, origin: str, email: str, challenge: str) -> str:
    """Sign a challenge to delete the account."""
    return _sign(login_seed, labels.DELETE_ACCOUNT, origin, email, _checked(challenge))


def sign_password(old_login_seed: bytes, origin: str, email: str, challenge: str, new: NewLogin) -> str:
    """Sign, with the old login seed, the change of the password to exactly these new values."""
    covered = _digest(*new.kdf.text_parts(), new.wrapped_vault_key)
    parts = (origin, email, _checked(challenge), new.login_public_key, covered)
    return _sign(old_login_seed, labels.CHANGE_PASSWORD, *parts)


def sign_recover(recovery_seed: bytes, origin: str, email: str, challenge: str, new: NewLogin, next_kit: NewRecovery) -> str:
    """Sign, with the old recovery seed, the change of password and recovery key to exactly these new values."""
    covered = _digest(*new.kdf.text_parts(), new.wrapped_vault_key, next_kit.public_key, next_kit.vault_key)
    parts = (origin, email, _checked(challenge), new.login_public_key, covered)
    return _sign(recovery_seed, labels.RECOVER, *parts)


def _checked(challenge: str) -> str:
    # Nothing but 32 bytes is ever signed: another text in that place could be another message's part.
    b64u_decode(challenge, length=32)
    return challenge


def _sign(seed: bytes, *parts: str) -> str:
    return b64u_encode(_private_key(seed).sign(join_parts(*parts)))


def _private_key(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(check_key(seed))


def _digest(*parts: str) -> str:
    return b64u_encode(hashlib.sha256(join_parts(*parts)).digest())
