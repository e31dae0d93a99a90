"""Proofs: the six messages an Ed25519 key signs, their verification, and the public keys that are refused.

Public keys and signatures are raw bytes (32 and 64); emails are normalised, challenges and blobs their b64u text.
`origin` is one of the relay's own origins, or all of them as a tuple: then a proof for any of them is accepted.
Every `verify_…` raises BadEncoding (malformed parts) or BadProof.

Source: protocol.md, "Password → two independent keys"; RFC 8032.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from relay.crypto import labels
from relay.crypto.encoding import b64u_decode, b64u_encode, join_parts
from relay.crypto.errors import BadEncoding, BadProof
from relay.crypto.kdf import Kdf

PUBLIC_KEY_BYTES: Final = 32
PROOF_BYTES: Final = 64

REFUSED_PUBLIC_KEYS: Final = frozenset(
    {
        "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "7P_______________________________________38",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA",
        "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU",
        "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_IU",
        "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o",
        "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA_o",
        "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA",
        "7P________________________________________8",
        "7f_______________________________________38",
        "7f________________________________________8",
        "7v_______________________________________38",
        "7v________________________________________8",
    }
)
"""Small-order points in every encoding, as b64u; a signature can be forged that fits all messages under them."""

Origin = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewLogin:
    """What a change of the password, or a recovery, puts in place: raw public key, parameters, blob as b64u text."""

    login_public_key: bytes
    kdf: Kdf
    wrapped_vault_key: str


@dataclass(frozen=True, slots=True)
class NewRecovery:
    """The recovery key that a recovery puts in place: raw public key, blob as b64u text."""

    public_key: bytes
    vault_key: str


def check_public_key(public_key: bytes) -> bytes:
    """Answer `public_key` if a login or recovery key may be it.

    Raises: BadEncoding (not 32 bytes), BadProof (a small-order point).
    """
    if len(public_key) != PUBLIC_KEY_BYTES:
        raise BadEncoding("a public key has 32 bytes")
    if b64u_encode(public_key) in REFUSED_PUBLIC_KEYS:
        raise BadProof("a refused public key")
    return public_key


def register_message(origin: str, email: str, login_public_key: bytes) -> bytes:
    """Answer what a registerProof signs."""
    return join_parts(labels.REGISTER, origin, email, b64u_encode(check_public_key(login_public_key)))


def challenge_message(label: str, origin: str, email: str, challenge: str) -> bytes:
    """Answer what a proof signs that covers nothing but a challenge: login, recover-read, delete-account."""
    return join_parts(label, origin, email, check_challenge_form(challenge))


def password_message(origin: str, email: str, challenge: str, new: NewLogin) -> bytes:
    """Answer what a passwordProof signs."""
    covered = _digest(*new.kdf.text_parts(), new.wrapped_vault_key)
    new_key = b64u_encode(check_public_key(new.login_public_key))
    return join_parts(labels.CHANGE_PASSWORD, origin, email, check_challenge_form(challenge), new_key, covered)


def recover_message(origin: str, email: str, challenge: str, new: NewLogin, new_recovery: NewRecovery) -> bytes:
    """Answer what a recoverProof signs."""
    recovery = (b64u_encode(check_public_key(new_recovery.public_key)), new_recovery.vault_key)
    covered = _digest(*new.kdf.text_parts(), new.wrapped_vault_key, *recovery)
    new_key = b64u_encode(check_public_key(new.login_public_key))
    return join_parts(labels.RECOVER, origin, email, check_challenge_form(challenge), new_key, covered)


def verify_register_proof(login_public_key: bytes, origin: Origin, email: str, proof: bytes) -> None:
    """Pass if whoever registers `login_public_key` holds its seed. Raises: see the module."""
    _verify(login_public_key, proof, origin, lambda own: register_message(own, email, login_public_key))


def verify_login_proof(login_public_key: bytes, origin: Origin, email: str, challenge: str, proof: bytes) -> None:
    """Pass if the challenge was signed to log in or unlock. Raises: see the module."""
    _verify(login_public_key, proof, origin, lambda own: challenge_message(labels.LOGIN, own, email, challenge))


def verify_recover_read_proof(recovery_public_key: bytes, origin: Origin, email: str, challenge: str, proof: bytes) -> None:
    """Pass if the challenge was signed to read the recovery wrap. Raises: see the module."""
    label = labels.RECOVER_READ
    _verify(recovery_public_key, proof, origin, lambda own: challenge_message(label, own, email, challenge))


def verify_delete_proof(login_public_key: bytes, origin: Origin, email: str, challenge: str, proof: bytes) -> None:
    """Pass if the challenge was signed to delete the account. Raises: see the module."""
    label = labels.DELETE_ACCOUNT
    _verify(login_public_key, proof, origin, lambda own: challenge_message(label, own, email, challenge))


def verify_password_proof(login_public_key: bytes, origin: Origin, email: str, challenge: str, proof: bytes, *, new: NewLogin) -> None:
    """Pass if the old login key signed the change to exactly these new values. Raises: see the module."""
    _verify(login_public_key, proof, origin, lambda own: password_message(own, email, challenge, new))


def verify_recover_proof(
    recovery_public_key: bytes,
    origin: Origin,
    email: str,
    challenge: str,
    proof: bytes,
    *,
    new: NewLogin,
    new_recovery: NewRecovery,
) -> None:
    """Pass if the old recovery key signed the change to exactly these new values. Raises: see the module."""
    _verify(recovery_public_key, proof, origin, lambda own: recover_message(own, email, challenge, new, new_recovery))


def check_challenge_form(challenge: str) -> str:
    """Answer `challenge` if it is 32 bytes as b64u: nothing else is ever signed.

    Raises: BadEncoding.
    """
    b64u_decode(challenge, length=32)
    return challenge


def _verify(public_key: bytes, proof: bytes, origin: Origin, message_for: Callable[[str], bytes]) -> None:
    if len(proof) != PROOF_BYTES:
        raise BadEncoding("a proof has 64 bytes")
    verifier = Ed25519PublicKey.from_public_bytes(check_public_key(public_key))
    origins = (origin,) if isinstance(origin, str) else origin
    if not any(_signed(verifier, proof, message_for(own)) for own in origins):
        raise BadProof("the signature does not verify")


def _signed(verifier: Ed25519PublicKey, proof: bytes, message: bytes) -> bool:
    try:
        verifier.verify(proof, message)
    except InvalidSignature:
        return False
    return True


def _digest(*parts: str) -> str:
    return b64u_encode(hashlib.sha256(join_parts(*parts)).digest())
