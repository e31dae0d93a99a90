"""JSON as api.md wants it: UTF-8, no duplicate member names, no NaN, bounded depth."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from .errors import InvalidJson

MAX_DEPTH = 64
_NOT_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"?|[^][{}"]+', re.DOTALL)


def loads(body: bytes) -> Any:
    """The value of a JSON body. Raises InvalidJson for anything else, duplicate names and depth over 64 included."""
    if _too_deep(body):
        raise InvalidJson(f"The JSON is nested more than {MAX_DEPTH} deep.")
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise InvalidJson from None


def _too_deep(body: bytes) -> bool:
    """Whether brackets outside strings nest too deep; linear, so that a hostile body costs no recursion."""
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return False
    depth = 0
    for byte in _NOT_BRACKETS.sub(b"", body):
        if byte in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif byte in b"]}":
            depth -= 1
    return False


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate member name")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
