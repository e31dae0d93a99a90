"""Answers the relay's challenges with the login key. Source: the protocol text, "Password → two independent keys"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from onerelay.user.crypto.encoding import b64u_decode, normalise_email
from onerelay.user.crypto.errors import CryptoError
from onerelay.user.crypto.kdf import Kdf, check_kdf
from onerelay.user.crypto.passwords import PasswordKeys, derive_keys
from onerelay.user.crypto.proofs import sign_login
from onerelay.user.errors import DeviceError, else_refused, else_tampered

if TYPE_CHECKING:
    from onerelay.user.api import RelayApi


class KdfMemory(Protocol):
    """Remembers the strongest password derivation seen for an account, so that no relay can ask for a weaker one."""

    def strongest(self, origin: str, email: str) -> tuple[int, int]:
        """Memory in KiB and iterations; zeros if nothing was seen."""

    def remember(self, origin: str, email: str, kdf: Kdf) -> None:
        """Note parameters with which a proof was just accepted."""


class ForgetfulKdfMemory:
    """Remembers as long as the process runs."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, int]] = {}

    def strongest(self, origin: str, email: str) -> tuple[int, int]:
        """As KdfMemory says."""
        return self._seen.get(email, (0, 0))

    def remember(self, origin: str, email: str, kdf: Kdf) -> None:
        """As KdfMemory says."""
        self._seen[email] = (kdf.memory_kib, kdf.iterations)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What prelogin answers, checked."""

    kdf: Kdf
    challenge: str


def email_of(text: str) -> str:
    """The normalised email. Raises DeviceError email_refused."""
    return else_refused("email_refused", lambda: normalise_email(text))


class LoginProver:
    """Gets challenges from one relay and refuses those that are not for this device to sign."""

    def __init__(self, api: RelayApi, memory: KdfMemory) -> None:
        self._api = api
        self._memory = memory

    def challenge(self, email: str) -> Challenge:
        """What the relay gives to be signed. Raises DeviceError other_origin, kdf_lowered, tampered."""
        asked = self._api.call("POST", "/v1/auth/prelogin", {"email": email})
        origin = asked.get("origin")
        if origin != self._api.origin:
            named = f" (It says {origin[:200]!r}.)" if isinstance(origin, str) else ""
            raise DeviceError("other_origin", DeviceError("other_origin").message + named)
        kdf = else_tampered(lambda: check_kdf(asked.get("kdf")))
        memory_kib, iterations = self._memory.strongest(self._api.origin, email)
        if kdf.memory_kib < memory_kib or kdf.iterations < iterations:
            raise DeviceError("kdf_lowered")
        challenge = asked.get("challenge")
        else_tampered(lambda: b64u_decode(challenge, length=32))
        return Challenge(kdf, challenge)

    def prove(self, email: str, login_seed: bytes, challenge: str) -> dict[str, str]:
        """The body of login and unlock: the challenge and its signature."""
        return {"challenge": challenge, "loginProof": sign_login(login_seed, self._api.origin, email, challenge)}

    def remember(self, email: str, kdf: Kdf) -> None:
        """Note parameters that were just accepted, so that this device refuses lower ones later."""
        self._memory.remember(self._api.origin, email, kdf)


def keys_of(password: str, email: str, kdf: Kdf) -> PasswordKeys:
    """The keys of a password; one that is no text is nobody's. Raises DeviceError wrong_password."""
    try:
        return derive_keys(password, email, kdf)
    except CryptoError:
        pass
    raise DeviceError("wrong_password")
