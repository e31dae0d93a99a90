"""The parameters of the password derivation, as a client registers them and another device repeats them.

Source: protocol.md, "Password → two independent keys".
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from relay.crypto.encoding import b64u_decode, b64u_encode
from relay.crypto.errors import BadEncoding

ALGORITHM: Final = "argon2id"
SALT_BYTES: Final = 16
DEFAULT_MEMORY_KIB: Final = 65_536
DEFAULT_ITERATIONS: Final = 3


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


def check_kdf(value: object, *, for_new_password: bool = False) -> Kdf:
    """Read the JSON object; `for_new_password` asks for at least today's defaults.

    Raises: BadEncoding for another algorithm, numbers not integers within bounds, or a salt not of 16 bytes.
    """
    if not isinstance(value, Mapping):
        raise BadEncoding("kdf is not an object")
    if value.get("algorithm") != ALGORITHM:
        raise BadEncoding("kdf.algorithm is not argon2id")
    least_memory, least_iterations = (DEFAULT_MEMORY_KIB, DEFAULT_ITERATIONS) if for_new_password else (19_456, 2)
    _bounded(value.get("parallelism"), 1, 1)
    return Kdf(
        memory_kib=_bounded(value.get("memoryKib"), least_memory, 1_048_576),
        iterations=_bounded(value.get("iterations"), least_iterations, 16),
        salt=b64u_decode(value.get("salt"), length=SALT_BYTES),
    )


def new_kdf() -> Kdf:
    """Make today's default parameters with a fresh salt."""
    return default_kdf(secrets.token_bytes(SALT_BYTES))


def default_kdf(salt: bytes) -> Kdf:
    """Answer today's default parameters with this salt (16 bytes)."""
    return Kdf(memory_kib=DEFAULT_MEMORY_KIB, iterations=DEFAULT_ITERATIONS, salt=salt)


def _bounded(value: object, least: int, most: int) -> int:
    # type() and not isinstance(): True is an int to Python, not to the protocol.
    if type(value) is not int or not least <= value <= most:
        raise BadEncoding("a kdf parameter is out of bounds")
    return value
