"""JSON as api.md wants it: UTF-8, no duplicate member names, no NaN, bounded depth, a bounded number of parts.

The bounds are checked on the bytes, by operations that take a tenth of a second for the largest body: parsing one of
millions of empty lists takes many seconds, in which the whole process stands still.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

import orjson

from .errors import InvalidJson

MAX_DEPTH = 64
MAX_PARTS = 200_000
"""Objects, lists and members, all together."""
MAX_VALUES = 1_000_000
"""Items and strings, each: lists of a million token ids are a request."""
_BRACKETS = b"[]{}"
_NOT_BRACKETS = bytes(set(range(256)) - set(_BRACKETS))
_MOST = 2.0**63
_ONE_KIND = bytes.maketrans(b"{}", b"[]")


def loads(body: bytes) -> Any:
    """The value of a JSON body. Raises InvalidJson for anything else, duplicate names and what breaks the bounds included."""
    _check_bounds(body)
    if not (b" :" in body or b"\t:" in body or b"\n:" in body or b"\r:" in body):
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError:
            pass  # what it can't read the standard library may, such as half a surrogate pair
        else:
            if _count_members(value) == body.count(b'":'):
                return value
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise InvalidJson from None


def _count_members(value: Any) -> int:
    """The names in all objects: as many as are written, if none stands twice; text that looks like one makes those more.

    -1 where a number may have been a whole one beyond 64 bits, which orjson reads as a fraction.
    """
    count, left = 0, [value]
    while left:
        found = left.pop()
        kind = type(found)
        if kind is dict:
            count += len(found)
            left += found.values()
        elif kind is list:
            left += found
        elif kind is float and not -_MOST < found < _MOST:
            return -1
    return count


def _check_bounds(body: bytes) -> None:
    """Raise InvalidJson where the body, should it be JSON, has too many parts or nests too deep."""
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH and len(body) <= MAX_PARTS:
        return
    outside = _outside_strings(body)
    brackets = outside.count(b"[") + outside.count(b"{")
    if brackets + outside.count(b":") > MAX_PARTS or outside.count(b",") > MAX_VALUES:
        raise _too_many()
    if brackets > MAX_DEPTH and _is_too_deep(outside):
        raise InvalidJson(f"The JSON is nested more than {MAX_DEPTH} deep, or its brackets do not match.")


def _outside_strings(body: bytes) -> bytes:
    """What of the body is in no string. Raises InvalidJson for too many strings."""
    unescaped = body.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in body else body
    if unescaped.count(b'"') > 2 * MAX_VALUES:
        raise _too_many()
    return b"".join(unescaped.split(b'"')[::2])


def _is_too_deep(outside: bytes) -> bool:
    """Whether the brackets do not vanish when as many times as they may nest, every pair with nothing inside is taken out."""
    left = outside.translate(_ONE_KIND, _NOT_BRACKETS)
    for _ in range(MAX_DEPTH):
        left = left.replace(b"[]", b"")
    return bool(left)


def _too_many() -> InvalidJson:
    return InvalidJson(f"The JSON has more than {MAX_PARTS} objects, lists and members, or more than {MAX_VALUES} values.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate member name")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
