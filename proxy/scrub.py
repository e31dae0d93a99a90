"""Taking a provider key out of what a provider answers, should it echo it: whole, cut across chunks, or written in JSON escapes.

Escapes are undone once, those of printable ASCII: `\\u0073`, `\\"`, `\\\\`, `\\/`. Not found is a key in another encoding (base64,
percent signs, JSON within a JSON string), in other letters, or with something in between. No pattern is compiled of a key,
for Python would keep it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from typing import Final

_ESCAPE: Final = re.compile(rb'\\(?:u00([2-7][0-9a-fA-F])|(["\\/]))')
_ESCAPED_WORD: Final = re.compile(rb"\\u00(?:2[dD]|3[0-9]|[46][1-9a-fA-F]|5[0-9aAfF]|7[0-9aA])")
"""A letter, digit, dash or underscore that no JSON writer escapes of itself; other keys than of those are looked for always."""
_CUT_ESCAPE: Final = re.compile(rb"\\(?:u(?:0(?:0[2-7]?)?)?)?\Z")
_WORD: Final = re.compile(rb"[A-Za-z0-9_-]*")
_LONGEST_ESCAPE: Final = 6
_QUOTE, _SLASH, _BACKSLASH = b'"/\\'


def scrub(data: bytes, key: bytes) -> bytes:
    """`data` with the key replaced by stars, as many as there were bytes."""
    if key in data:
        data = data.replace(key, b"*" * len(key))
    if data.find(_BACKSLASH) >= 0 and _can_be_escaped(data, key) and key in _with_its_escapes_undone(data, key):
        return _scrub_escaped(data, key)
    return data


def scrub_chunk(data: bytes, key: bytes) -> tuple[bytes, bytes]:
    """What of `data` may go out, clean, and the end that could be the beginning of the key: put it before the next chunk."""
    data = scrub(data, key)
    if data.endswith(b"\n"):  # never inside a key or an escape, and the way every event ends
        return data, b""
    at = _where_it_could_begin(data, key)
    return data[:at], data[at:]


def scrub_headers(headers: list[tuple[bytes, bytes]], key: bytes) -> list[tuple[bytes, bytes]]:
    """The headers without the key: stars for it in values; those that bear it in their names, which are lower case, go."""
    lower, stars = key.lower(), b"*" * len(key)
    return [(name, value.replace(key, stars) if key in value else value) for name, value in headers if lower not in name]


def _can_be_escaped(data: bytes, key: bytes) -> bool:
    """Whether it is worth looking: hardly any answer escapes letters, hardly any key has more than letters."""
    if data.find(b"\\u00") >= 0:
        return _ESCAPED_WORD.search(data) is not None or not _WORD.fullmatch(key)
    return key.find(_SLASH) >= 0 or key.find(_QUOTE) >= 0 or key.find(_BACKSLASH) >= 0


def _with_its_escapes_undone(data: bytes, key: bytes) -> bytes:
    """`data` with every escape of the key's own characters undone, wherever it stands: fast, and good for a first look."""
    for code in set(key):
        character = bytes((code,))
        for escape in {b"\\u00%02x" % code, b"\\u00%02X" % code}:
            data = data.replace(escape, character)
        if character in b'"/\\':
            data = data.replace(b"\\" + character, character)
    return data


def _scrub_escaped(data: bytes, key: bytes) -> bytes:
    text, raw_at = _unescape(data)
    parts, done = [], 0
    found = text.find(key)
    while found >= 0:
        start, end = raw_at(found), raw_at(found + len(key))
        parts += [data[done:start], b"*" * (end - start)]
        done = end
        found = text.find(key, found + len(key))
    return b"".join([*parts, data[done:]])


def _where_it_could_begin(data: bytes, key: bytes) -> int:
    """The first place from which on `data` is a beginning of the key; its length where there is none."""
    first = key[:1]
    at = data.find(first, max(0, len(data) - len(key) + 1))
    while at >= 0 and not key.startswith(data[at:]):
        at = data.find(first, at + 1)
    plain = len(data) if at < 0 else at
    tail = data[-_LONGEST_ESCAPE * len(key) :]
    if b"\\" in tail and (_CUT_ESCAPE.search(tail) or _can_be_escaped(tail, key)):
        return min(plain, len(data) - len(tail) + _where_escaped_could_begin(tail, key))
    return plain


def _where_escaped_could_begin(tail: bytes, key: bytes) -> int:
    cut = _CUT_ESCAPE.search(tail)
    end = cut.start() if cut else len(tail)
    text, raw_at = _unescape(tail[:end])
    for at in range(max(0, len(text) - len(key) + 1), len(text)):
        if key.startswith(text[at:]):
            return raw_at(at)
    return end


def _unescape(data: bytes) -> tuple[bytes, Callable[[int], int]]:
    """`data` without its escapes, and what answers where in `data` a place in that text is."""
    parts: list[bytes] = []
    places: list[int] = []
    longer = [0]
    done = size = 0
    for escape in _ESCAPE.finditer(data):
        code, character = escape.groups()
        parts += [data[done : escape.start()], character or bytes((int(code, 16),))]
        size += escape.start() - done
        places.append(size)
        size += 1
        done = escape.end()
        longer.append(longer[-1] + len(escape[0]) - 1)
    return b"".join([*parts, data[done:]]), lambda place: place + longer[bisect_left(places, place)]
