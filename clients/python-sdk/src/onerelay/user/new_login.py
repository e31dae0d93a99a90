"""What a new password and a new recovery kit put in place at the relay. Source: the protocol text, "Vault"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from onerelay.user.crypto import vault
from onerelay.user.crypto.kdf import Kdf, new_kdf
from onerelay.user.crypto.passwords import derive_keys, refusal_of
from onerelay.user.crypto.proofs import NewLogin, NewRecovery, public_key_of, sign_register
from onerelay.user.errors import password_refused


@dataclass(frozen=True, slots=True, repr=False)
class MadeLogin:
    """A new login key: its seed, what the relay stores, and the proof that this device holds it."""

    login_seed: bytes
    stored: NewLogin
    register_proof: str

    def body(self) -> dict[str, Any]:
        """The members of a request that puts it in place."""
        return {
            "kdf": self.stored.kdf.as_json(),
            "loginPublicKey": self.stored.login_public_key,
            "wrappedVaultKey": self.stored.wrapped_vault_key,
            "registerProof": self.register_proof,
        }


@dataclass(frozen=True, slots=True, repr=False)
class MadeKit:
    """A new recovery key as its person is shown it, once, and what the relay stores of it."""

    shown: str
    stored: NewRecovery

    def body(self) -> dict[str, str]:
        """The members of a request that puts it in place."""
        return {"recoveryPublicKey": self.stored.public_key, "recoveryVaultKey": self.stored.vault_key}


def refuse_weak(password: str) -> None:
    """Raises DeviceError password_refused for a new password that may not be chosen."""
    reason = refusal_of(password)
    if reason is not None:
        raise password_refused(reason)


def make_login(origin: str, email: str, password: str, vault_key: bytes, former: Kdf | None = None) -> MadeLogin:
    """A login key and a wrap of the vault key from a password that is not weak. Raises DeviceError password_refused."""
    refuse_weak(password)
    kdf = new_kdf(former)
    keys = derive_keys(password, email, kdf)
    stored = NewLogin(kdf, public_key_of(keys.login_seed), vault.wrap_vault_key(keys.wrap_key, vault_key))
    return MadeLogin(keys.login_seed, stored, sign_register(keys.login_seed, origin, email))


def make_kit(vault_key: bytes) -> MadeKit:
    """A recovery key for this vault."""
    recovery_key = vault.new_recovery_key()
    public_key = public_key_of(vault.recovery_seed_of(recovery_key))
    stored = NewRecovery(public_key, vault.wrap_for_recovery(recovery_key, vault_key))
    return MadeKit(vault.write_recovery_key(recovery_key), stored)
