"""Changing one member of a JSON text and leaving every other byte as it came."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proxy.body import Step

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


def set_member(body: bytes, path: tuple[Step, ...], value: int | bool) -> bytes:
    """The object `body` with the member at `path` set; it and the objects on the way are made where they are missing.

    `body` is valid JSON without duplicate names. A member keeps the spelling it has; new ones get the first spelling.
    """
    return _set(body.decode(), path, json.dumps(value)).encode()


def _set(text: str, path: tuple[Step, ...], value: str) -> str:
    if not path:
        return value
    names, rest = path[0][0], path[1:]
    opening = _skip(text, 0)
    if not text.startswith("{", opening):
        return "{" + _member(names[0], _set("{}", rest, value)) + "}"
    for name, start, end in _members(text, opening):
        if name in names:
            return text[:start] + _set(text[start:end], rest, value) + text[end:]
    comma = "" if text[_skip(text, opening + 1)] == "}" else ","
    return text[: opening + 1] + _member(names[0], _set("{}", rest, value)) + comma + text[opening + 1 :]


def _member(name: str, value: str) -> str:
    return f"{json.dumps(name)}:{value}"


def _members(text: str, opening: int) -> list[tuple[str, int, int]]:
    """Name, start and end of the value, of each member of the object that begins at `opening`."""
    found = []
    at = _skip(text, opening + 1)
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        start = _skip(text, _skip(text, at) + 1)
        _, end = _DECODER.raw_decode(text, start)
        found.append((name, start, end))
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return found


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
