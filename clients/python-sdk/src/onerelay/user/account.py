"""One person's account at one relay, from one process: getting in, unlocking, staying proved, leaving."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Self, TypeVar

import httpx

from onerelay.user.api import Json, RelayApi
from onerelay.user.connections import Connections
from onerelay.user.crypto import vault as vault_crypto
from onerelay.user.crypto.kdf import Kdf
from onerelay.user.errors import DeviceError, RelayError, else_tampered
from onerelay.user.new_login import make_kit, make_login
from onerelay.user.prover import Challenge, ForgetfulKdfMemory, KdfMemory, LoginProver, email_of, keys_of
from onerelay.user.vault import UnlockedVault

T = TypeVar("T")
# Renewed this long before its end, so that a call under way does not find it ended.
_MARGIN_SECONDS = 15


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """What an unlocked process holds: never written anywhere."""

    vault_key: bytes
    login_seed: bytes


@dataclass(frozen=True, slots=True)
class Person:
    """Whose account it is."""

    id: str
    email: str
    email_verified: bool


class Account:
    """A session at one relay. The vault key and the login key live in this object and nowhere else.

    Every method raises RelayError where the relay refuses or does not answer, and DeviceError where this device does.
    """

    def __init__(
        self,
        relay: str,
        *,
        token: str | None = None,
        kdf_memory: KdfMemory | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`relay`: its address; `token`: of a session begun earlier, whose vault is then locked. Raises DeviceError."""
        self.api = RelayApi(relay, token=token, transport=transport)
        self.api.elevation = self._elevation
        self.prover = LoginProver(self.api, kdf_memory or ForgetfulKdfMemory())
        self.connections = Connections(self.api)
        self.person: Person | None = None
        self.expires_at: str | None = None
        self._secrets: Secrets | None = None
        self._elevated: tuple[str, float] | None = None

    def __repr__(self) -> str:
        state = "unlocked" if self._secrets else "locked" if self.api.token else "signed out"
        return f"Account({self.api.origin!r}, {state})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def token(self) -> str | None:
        """The session's token: lists and revokes, but opens nothing. None when signed out."""
        return self.api.token

    @property
    def vault(self) -> UnlockedVault:
        """The vault, while it is open. Raises DeviceError vault_locked."""
        return UnlockedVault(self.api, self.secrets.vault_key, self.connections)

    @property
    def secrets(self) -> Secrets:
        """Vault key and login seed. Raises DeviceError vault_locked."""
        if self._secrets is None:
            raise DeviceError("vault_locked")
        return self._secrets

    def register(self, email: str, password: str, *, with_recovery: bool = True) -> str | None:
        """Make an account, signed in and unlocked; answers the recovery code, to be shown once.

        Raises: DeviceError email_refused, password_refused, other_origin, unsure_outcome; RelayError email_taken.
        """
        address, vault_key = email_of(email), vault_crypto.new_vault_key()
        # Asked first: a relay of another name would have the account made for that one.
        self.prover.challenge(address)
        login = make_login(self.api.origin, address, password, vault_key)
        kit = make_kit(vault_key) if with_recovery else None
        body = {"email": address, **login.body(), **(kit.body() if kit else {})}
        hint = "The account may have been made: try to log in with this password."
        answer = else_unsure(lambda: self.api.call("POST", "/v1/auth/register", body), hint)
        self.take_over(answer, login.stored.kdf, Secrets(vault_key, login.login_seed))
        return kit.shown if kit else None

    def log_in(self, email: str, password: str) -> None:
        """Sign in and unlock. Raises DeviceError wrong_password, tampered, kdf_lowered, other_origin, email_refused."""
        address = email_of(email)
        self._prove(address, password, lambda proof: self._signed_in(self.api.call("POST", "/v1/auth/login", {"email": address, **proof})))

    def unlock(self, password: str) -> None:
        """Open the vault of the session at hand. Raises as log_in, and RelayError where the session has ended."""
        email = email_of(self.me().email)
        self._prove(email, password, lambda proof: self._elevated_by(self.api.call("POST", "/v1/auth/unlock", proof)))

    def me(self) -> Person:
        """Whose session it is. Raises RelayError where it has ended."""
        if self.person is None:
            self._person(self.api.call("GET", "/v1/auth/me")["user"])
        assert self.person is not None
        return self.person

    def challenge(self) -> Challenge:
        """A challenge for a proof of this account's."""
        return self.prover.challenge(email_of(self.me().email))

    def lock(self) -> None:
        """Forget the vault key and the login key; the session goes on."""
        self._secrets = self._elevated = None

    def log_out(self) -> None:
        """End the session at the relay, and lock."""
        self.lock()
        try:
            self.api.call("POST", "/v1/auth/logout", {})
        except RelayError as error:
            if not error.ends_session:
                raise
        self.api.token = None

    def close(self) -> None:
        """Lock, and close the connections to the relay; the session goes on."""
        self.lock()
        self.api.close()

    def take_over(self, answer: Json, kdf: Kdf, secrets: Secrets) -> None:
        """Go on with the session that registering, a new password or a recovery just made."""
        self._signed_in(answer)
        self.prover.remember(email_of(self.me().email), kdf)
        self._secrets = secrets

    def _prove(self, email: str, password: str, post: Callable[[dict[str, str]], Json]) -> None:
        asked = self.prover.challenge(email)
        keys = keys_of(password, email, asked.kdf)
        try:
            answer = post(self.prover.prove(email, keys.login_seed, asked.challenge))
        except RelayError as error:
            if error.code == "login_failed":
                raise DeviceError("wrong_password") from None
            raise
        self.prover.remember(email, asked.kdf)
        wrapped = answer.get("wrappedVaultKey", "")
        vault_key = else_tampered(lambda: vault_crypto.open_vault_key(keys.wrap_key, wrapped))
        self._secrets = Secrets(vault_key, keys.login_seed)

    def _signed_in(self, answer: Json) -> Json:
        self._secrets = None
        self.api.token = answer["token"]
        self.expires_at = answer["expiresAt"]
        self._person(answer["user"])
        return self._elevated_by(answer)

    def _person(self, user: Json) -> None:
        self.person = Person(user["id"], user["email"], bool(user.get("emailVerified")))

    def _elevated_by(self, answer: Json) -> Json:
        self._elevated = (answer["elevation"], datetime.fromisoformat(answer["elevatedUntil"]).timestamp())
        return answer

    def _elevation(self, renew: bool) -> str:
        if not renew and self._elevated is not None and self.api.now() < self._elevated[1] - _MARGIN_SECONDS:
            return self._elevated[0]
        secrets, email = self.secrets, email_of(self.me().email)
        asked = self.prover.challenge(email)
        proof = self.prover.prove(email, secrets.login_seed, asked.challenge)
        return str(self._elevated_by(self.api.call("POST", "/v1/auth/unlock", proof))["elevation"])


def else_unsure(deed: Callable[[], T], hint: str) -> T:
    """Run a deed; where its answer was lost, raise DeviceError unsure_outcome with what to try."""
    try:
        return deed()
    except RelayError as error:
        if not error.is_unsure:
            raise
    raise DeviceError("unsure_outcome", f"{DeviceError('unsure_outcome').message} {hint}")
