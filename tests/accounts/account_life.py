"""What a device sends to change, recover or delete an account, with one thing wrong where a test wants it so."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from relay.crypto.device import signing, vault
from relay.crypto.encoding import b64u_encode
from relay.crypto.kdf import Kdf, new_kdf
from relay.crypto.proofs import NewLogin, NewRecovery
from tests.factories import ORIGIN, Person, call


@dataclass
class NewKeys:
    """A new password's login seed and parameters, and a new recovery key."""

    login_seed: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    wrap_key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    kdf: Kdf = field(default_factory=new_kdf)
    recovery_key: bytes = field(default_factory=vault.new_recovery_key)


def challenge_for(email: str) -> str:
    """A fresh challenge."""
    return str(call("POST", "/v1/auth/prelogin", {"email": email}).json()["data"]["challenge"])


def code(response: Any) -> str:
    """The refusal's code."""
    return str(response.json()["error"]["code"])


def recovery_fields(recovery_key: bytes, vault_key: bytes) -> dict[str, str]:
    """A recovery key as the relay is given it."""
    return {
        "recoveryPublicKey": b64u_encode(signing.public_key_of(vault.recovery_seed_of(recovery_key))),
        "recoveryVaultKey": vault.wrap_for_recovery(recovery_key, vault_key),
    }


def password_body(person: Person, keys: NewKeys, *, seed: bytes | None = None, challenge: str | None = None, origin: str = ORIGIN) -> Any:
    """PUT /v1/auth/password, signed with `seed` in place of the login key, for another challenge or relay."""
    email = person.user.email
    challenge = challenge or challenge_for(email)
    new, fields = _new_login(person, keys)
    proof = signing.sign_password(seed or person.login_seed, origin, email, challenge, new=new)
    return {"challenge": challenge, "passwordProof": b64u_encode(proof), **fields}


def read_body(email: str, recovery_key: bytes, *, challenge: str | None = None, origin: str = ORIGIN) -> Any:
    """POST /v1/auth/recover/read."""
    challenge = challenge or challenge_for(email)
    proof = signing.sign_recover_read(vault.recovery_seed_of(recovery_key), origin, email, challenge)
    return {"email": email, "challenge": challenge, "recoverReadProof": b64u_encode(proof)}


def recover_body(person: Person, keys: NewKeys, recovery_key: bytes, *, challenge: str | None = None, origin: str = ORIGIN) -> Any:
    """POST /v1/auth/recover, signed with `recovery_key`."""
    email = person.user.email
    challenge = challenge or challenge_for(email)
    new, fields = _new_login(person, keys)
    again = recovery_fields(keys.recovery_key, person.vault_key)
    new_recovery = NewRecovery(signing.public_key_of(vault.recovery_seed_of(keys.recovery_key)), again["recoveryVaultKey"])
    seed = vault.recovery_seed_of(recovery_key)
    proof = signing.sign_recover(seed, origin, email, challenge, new=new, new_recovery=new_recovery)
    return {"email": email, "challenge": challenge, "recoverProof": b64u_encode(proof), **fields, **again}


def delete_body(person: Person, *, seed: bytes | None = None, challenge: str | None = None, origin: str = ORIGIN) -> Any:
    """DELETE /v1/auth/account."""
    challenge = challenge or challenge_for(person.user.email)
    proof = signing.sign_delete(seed or person.login_seed, origin, person.user.email, challenge)
    return {"challenge": challenge, "deleteProof": b64u_encode(proof)}


def log_in(email: str, login_seed: bytes) -> Any:
    """POST /v1/auth/login with a login key."""
    challenge = challenge_for(email)
    proof = b64u_encode(signing.sign_login(login_seed, ORIGIN, email, challenge))
    return call("POST", "/v1/auth/login", {"email": email, "challenge": challenge, "loginProof": proof})


def _new_login(person: Person, keys: NewKeys) -> tuple[NewLogin, dict[str, Any]]:
    new = NewLogin(signing.public_key_of(keys.login_seed), keys.kdf, vault.wrap_vault_key(keys.wrap_key, person.vault_key))
    proof = signing.sign_register(keys.login_seed, ORIGIN, person.user.email)
    fields = {
        "kdf": keys.kdf.as_json(),
        "loginPublicKey": b64u_encode(new.login_public_key),
        "registerProof": b64u_encode(proof),
        "wrappedVaultKey": new.wrapped_vault_key,
    }
    return new, fields
