"""What a device signs with its login or recovery seed; every proof is 64 raw bytes.

Emails are normalised and `origin` is the relay's as this device is configured to reach it. Every `sign_…` raises
BadEncoding for malformed parts. Source: protocol.md, "Password → two independent keys".
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from relay.crypto import labels, proofs
from relay.crypto.aead import check_key
from relay.crypto.proofs import NewLogin, NewRecovery


def public_key_of(seed: bytes) -> bytes:
    """Answer the public key (32 bytes) of a login or recovery seed."""
    return _private_key(seed).public_key().public_bytes_raw()


def sign_register(login_seed: bytes, origin: str, email: str) -> bytes:
    """Sign that this device holds the seed of the login key it registers."""
    return _sign(login_seed, proofs.register_message(origin, email, public_key_of(login_seed)))


def sign_login(login_seed: bytes, origin: str, email: str, challenge: str) -> bytes:
    """Sign a challenge to log in or to unlock."""
    return _sign(login_seed, proofs.challenge_message(labels.LOGIN, origin, email, challenge))


def sign_recover_read(recovery_seed: bytes, origin: str, email: str, challenge: str) -> bytes:
    """Sign a challenge to read the recovery wrap."""
    return _sign(recovery_seed, proofs.challenge_message(labels.RECOVER_READ, origin, email, challenge))


def sign_delete(login_seed: bytes, origin: str, email: str, challenge: str) -> bytes:
    """Sign a challenge to delete the account."""
    return _sign(login_seed, proofs.challenge_message(labels.DELETE_ACCOUNT, origin, email, challenge))


def sign_password(old_login_seed: bytes, origin: str, email: str, challenge: str, *, new: NewLogin) -> bytes:
    """Sign, with the old login seed, the change of the password to exactly these new values."""
    return _sign(old_login_seed, proofs.password_message(origin, email, challenge, new))


def sign_recover(recovery_seed: bytes, origin: str, email: str, challenge: str, *, new: NewLogin, new_recovery: NewRecovery) -> bytes:
    """Sign, with the old recovery seed, the change of password and recovery key to exactly these new values."""
    return _sign(recovery_seed, proofs.recover_message(origin, email, challenge, new, new_recovery))


def _sign(seed: bytes, message: bytes) -> bytes:
    return _private_key(seed).sign(message)


def _private_key(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(check_key(seed))
