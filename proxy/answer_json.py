"""JSON of providers' answers, as far as it can be read: what one odd value spoils is paid for all the same.

Half a surrogate pair, as a model cut off inside an emoji writes it, NaN and numbers beyond all bounds stand in real answers,
and orjson reads none of them. They are replaced here, so that what is read can always be written again.
"""

from __future__ import annotations

import json
import math
from typing import Any

import orjson

_MOST_VALUES = 200_000
"""What the slow reading takes: it is for answers of a usual size, and holds up everything else meanwhile."""


def loads(text: bytes) -> Any:
    """The value. Raises ValueError for what is no JSON even so, or nests too deep."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        if text.count(b",") > _MOST_VALUES:
            raise
    try:
        return _writable(json.loads(text.decode("utf-8-sig", "replace")))
    except RecursionError:
        raise ValueError("nested too deep") from None


def _writable(value: Any) -> Any:
    """The same, with what JSON can't carry replaced: in text by U+FFFD, numbers that are none by null."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return _writable(float(value)) if value.bit_length() <= 1023 else None
    if isinstance(value, list):
        return [_writable(item) for item in value]
    if isinstance(value, dict):
        return {_writable(name): _writable(item) for name, item in value.items()}
    return value
