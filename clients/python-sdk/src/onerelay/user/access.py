"""Changing how an account is opened: password, recovery kit, recovery, deletion.

Each asks for the password (or the kit) itself: an unlocked vault alone must not change who can open it.
Source: the protocol text, "Password → two independent keys".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from onerelay.user.account import Account, Secrets, else_unsure
from onerelay.user.crypto import proofs
from onerelay.user.crypto import vault as vault_crypto
from onerelay.user.crypto.kdf import Kdf
from onerelay.user.errors import DeviceError, RelayError, else_refused, else_tampered
from onerelay.user.new_login import make_kit, make_login, refuse_weak
from onerelay.user.prover import email_of

T = TypeVar("T")


def change_password(account: Account, current: str, new: str) -> None:
    """Put a new password in place; every other session ends, keys and connections stay.

    Raises: DeviceError wrong_password (the current one), password_refused, unsure_outcome.
    """
    refuse_weak(new)
    account.unlock(current)
    secrets, email, origin = account.secrets, email_of(account.me().email), account.api.origin
    former = account.challenge().kdf
    login = make_login(origin, email, new, secrets.vault_key, former)
    # Asked only now: deriving is slow, and a challenge lives two minutes.
    challenge = account.challenge().challenge
    proof = proofs.sign_password(secrets.login_seed, origin, email, challenge, login.stored)
    body = {"challenge": challenge, "passwordProof": proof, **login.body()}
    hint = "Log in with the new password first; if that fails, the old one still works."
    answer = else_unsure(lambda: account.api.call("PUT", "/v1/auth/password", body, elevated=True), hint)
    account.take_over(answer, login.stored.kdf, Secrets(secrets.vault_key, login.login_seed))


def new_recovery_kit(account: Account, password: str) -> str:
    """Make a recovery code, to be shown once; the one before stops working. Raises DeviceError wrong_password, unsure_outcome."""
    account.unlock(password)
    kit = make_kit(account.secrets.vault_key)
    hint = "A kit you had may have stopped working: make a new one before you rely on it."
    else_unsure(lambda: account.api.call("PUT", "/v1/auth/recovery", kit.body(), elevated=True), hint)
    return kit.shown


def recover(account: Account, email: str, code: str, new_password: str) -> str:
    """Put a new password in place by the recovery code, sign in, and answer the next code, to be shown once.

    Raises: DeviceError kit_refused, wrong_kit, password_refused, email_refused, tampered, unsure_outcome.
    """
    address, origin = email_of(email), account.api.origin
    recovery_key = else_refused("kit_refused", lambda: vault_crypto.read_recovery_key(code))
    refuse_weak(new_password)
    seed = vault_crypto.recovery_seed_of(recovery_key)
    former, vault_key = _read_vault_key(account, address, recovery_key, seed)
    login = make_login(origin, address, new_password, vault_key, former)
    kit = make_kit(vault_key)
    challenge = account.prover.challenge(address).challenge
    proof = proofs.sign_recover(seed, origin, address, challenge, login.stored, kit.stored)
    body = {"email": address, "challenge": challenge, "recoverProof": proof, **login.body(), **kit.body()}
    hint = "Try to log in with the new password: if that works, make a new kit. If not, recover again with the same kit."
    answer = else_unsure(lambda: _else_wrong_kit(lambda: account.api.call("POST", "/v1/auth/recover", body)), hint)
    account.take_over(answer, login.stored.kdf, Secrets(vault_key, login.login_seed))
    return kit.shown


def delete_account(account: Account, password: str) -> None:
    """Delete the account with everything in it. Raises DeviceError wrong_password, unsure_outcome."""
    account.unlock(password)
    email, challenge = email_of(account.me().email), account.challenge().challenge
    proof = proofs.sign_delete(account.secrets.login_seed, account.api.origin, email, challenge)
    body = {"challenge": challenge, "deleteProof": proof}
    hint = "Log in: if that works, it was not, and you can try again."
    else_unsure(lambda: account.api.call("DELETE", "/v1/auth/account", body, elevated=True), hint)
    account.lock()
    account.api.token = None


def _read_vault_key(account: Account, email: str, recovery_key: bytes, seed: bytes) -> tuple[Kdf, bytes]:
    asked = account.prover.challenge(email)
    proof = proofs.sign_recover_read(seed, account.api.origin, email, asked.challenge)
    body = {"email": email, "challenge": asked.challenge, "recoverReadProof": proof}
    blob = _else_wrong_kit(lambda: account.api.call("POST", "/v1/auth/recover/read", body))["recoveryVaultKey"]
    return asked.kdf, else_tampered(lambda: vault_crypto.open_recovery_vault_key(recovery_key, blob))


def _else_wrong_kit(call: Callable[[], T]) -> T:
    try:
        return call()
    except RelayError as error:
        if error.code != "login_failed":
            raise
    raise DeviceError("wrong_kit")
