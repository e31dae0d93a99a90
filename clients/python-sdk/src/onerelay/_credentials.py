"""What proves who calls, in a box that shows nothing."""

from __future__ import annotations

import base64
import re
from typing import NoReturn

from onerelay.errors import UsageError

_PRINTABLE = re.compile(r"[\x21-\x7e]+")


class Unshown(str):
    """A text that is itself wherever it is used, but for its `repr`: a dict with one in it can be printed."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


class Credential:
    """A secret and how it travels. It is not shown, not pickled, and judged only where it is used.

    Judging it later keeps a malformed one, which may be a secret with a line break, out of the caller’s traceback with its locals.
    """

    __slots__ = ("_problem", "_scheme", "_secret")

    def __init__(self, scheme: str, secret: str, problem: str | None) -> None:
        self._scheme = scheme
        self._secret = Unshown(secret)
        self._problem = problem

    @classmethod
    def of_app(cls, client_id: object, client_secret: object) -> Credential:
        """HTTP Basic of an app."""
        problem = problem_of(client_id, "1r_cid_", "client_id") or problem_of(client_secret, "1r_cs_", "client_secret")
        pair = base64.b64encode(f"{client_id}:{client_secret}".encode("utf-8", "replace"))
        return cls("Basic", pair.decode(), problem)

    @classmethod
    def bearer(cls, token: object, prefix: str = "1r_at_", name: str = "access_token") -> Credential:
        """A token of the kind that begins with `prefix`."""
        return cls("Bearer", f"{token}", problem_of(token, prefix, name))

    def check(self) -> None:
        """Raises UsageError where it can’t be a credential of its kind."""
        if self._problem:
            raise UsageError(self._problem)

    @property
    def secret(self) -> str:
        """The token itself. Raises UsageError."""
        self.check()
        return self._secret

    @property
    def header(self) -> str:
        """The Authorization header’s value. Raises UsageError."""
        return f"{self._scheme} {self.secret}"

    def __repr__(self) -> str:
        return "<Credential: not shown>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A credential is not pickled. Make a client where you use it.")


def problem_of(value: object, prefix: str, name: str) -> str | None:
    """Why a value can’t be a token of this kind, without quoting it; None if it can."""
    if isinstance(value, str) and value.startswith(prefix) and _PRINTABLE.fullmatch(value):
        return None
    return f"{name} must be the whole {prefix}… string that 1Relay gave you."
