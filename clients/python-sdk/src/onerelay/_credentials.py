"""What proves who calls, in a box that shows nothing."""

from __future__ import annotations

import base64
import re
from typing import NoReturn

from onerelay.errors import UsageError

_PRINTABLE = re.compile(r"[\x21-\x7e]+")


class Credential:
    """An Authorization header’s value. It is not shown, not pickled, and judged only where it is used.

    Judging it later keeps a malformed one, which may be a secret with a line break, out of the caller’s traceback with its locals.
    """

    __slots__ = ("_header", "_problem")

    def __init__(self, header: str, problem: str | None) -> None:
        self._header = header
        self._problem = problem

    @classmethod
    def of_app(cls, client_id: object, client_secret: object) -> Credential:
        """HTTP Basic of an app."""
        problem = problem_of(client_id, "1r_cid_", "client_id") or problem_of(client_secret, "1r_cs_", "client_secret")
        pair = base64.b64encode(f"{client_id}:{client_secret}".encode("utf-8", "replace"))
        return cls(f"Basic {pair.decode()}", problem)

    @classmethod
    def bearer(cls, token: object, prefix: str = "1r_at_", name: str = "access_token") -> Credential:
        """A token of the kind that begins with `prefix`."""
        return cls(f"Bearer {token}", problem_of(token, prefix, name))

    def check(self) -> None:
        """Raises UsageError where it can’t be a credential of its kind."""
        if self._problem:
            raise UsageError(self._problem)

    @property
    def header(self) -> str:
        """The header’s value. Raises UsageError."""
        self.check()
        return self._header

    def __repr__(self) -> str:
        return "<Credential: not shown>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A credential is not pickled. Make a client where you use it.")


def problem_of(value: object, prefix: str, name: str) -> str | None:
    """Why a value can’t be a token of this kind, without quoting it; None if it can."""
    if isinstance(value, str) and value.startswith(prefix) and _PRINTABLE.fullmatch(value):
        return None
    return f"{name} must be the whole {prefix}… string that 1Relay gave you."


class Unshown(str):
    """A text that is itself wherever it is used, but for its `repr`: a dict with one in it can be printed."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"
