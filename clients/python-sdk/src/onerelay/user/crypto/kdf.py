"""The parameters of the password derivation. Source: the protocol text, "Password → two independent keys"."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from onerelay.user.crypto.encoding import b64u_decode, b64u_encode
from onerelay.user.crypto.errors import BadEncoding

ALGORITHM: Final = "argon2id"
SALT_BYTES: Final = 16
_DEFAULT_MEMORY_KIB = 65_536
_DEFAULT_ITERATIONS = 3


@dataclass(frozen=True, slots=True)
class Kdf:
    """Checked Argon2id parameters; `salt` is 16 raw bytes, the random one of the client."""

    memory_kib: int
    iterations: int
    salt: bytes
    parallelism: int = 1
    algorithm: str = ALGORITHM

    def as_json(self) -> dict[str, str | int]:
        """Answer the object that travels in JSON."""
        return {
            "algorithm": self.algorithm,
            "memoryKib": self.memory_kib,
            "iterations": self.iterations,
            "parallelism": self.parallelism,
            "salt": b64u_encode(self.salt),
        }

    def text_parts(self) -> tuple[str, ...]:
        """Answer the parts of `kdfText`, in the order in which proofs cover them."""
        numbers = (self.memory_kib, self.iterations, self.parallelism)
        return (self.algorithm, *map(str, numbers), b64u_encode(self.salt))


def check_kdf(value: object) -> Kdf:
    """Read the JSON object.

    Raises: BadEncoding for another algorithm, numbers not integers within bounds, or a salt not of 16 bytes.
    """
    if not isinstance(value, Mapping):
        raise BadEncoding("kdf is not an object")
    if value.get("algorithm") != ALGORITHM:
        raise BadEncoding("kdf.algorithm is not argon2id")
    _bounded(value.get("parallelism"), 1, 1)
    return Kdf(
        memory_kib=_bounded(value.get("memoryKib"), 19_456, 1_048_576),
        iterations=_bounded(value.get("iterations"), 2, 16),
        salt=b64u_decode(value.get("salt"), length=SALT_BYTES),
    )


def new_kdf(former: Kdf | None = None) -> Kdf:
    """Make parameters with a fresh salt: today's defaults, and no weaker than `former`, which other devices have seen."""
    fresh = Kdf(_DEFAULT_MEMORY_KIB, _DEFAULT_ITERATIONS, secrets.token_bytes(SALT_BYTES))
    if former is None:
        return fresh
    return replace(
        fresh,
        memory_kib=max(fresh.memory_kib, former.memory_kib),
        iterations=max(fresh.iterations, former.iterations),
    )


def _bounded(value: object, least: int, most: int) -> int:
    # type() and not isinstance(): True is an int to Python, not to the protocol.
    if type(value) is not int or not least <= value <= most:
        raise BadEncoding("a kdf parameter is out of bounds")
    return value
