"""Taking a provider key out of what a provider answers, should it echo it: whole, or cut across chunks."""

from __future__ import annotations


def scrub(data: bytes, key: bytes) -> bytes:
    """`data` with the key replaced by as many stars."""
    return data.replace(key, b"*" * len(key)) if key in data else data


def scrub_chunk(data: bytes, key: bytes) -> tuple[bytes, bytes]:
    """What of `data` may go out, clean, and the end that could be the beginning of the key: put it before the next chunk."""
    data = scrub(data, key)
    if data.endswith(b"\n"):  # never inside a key, and the way every event ends
        return data, b""
    for length in range(min(len(key) - 1, len(data)), 0, -1):
        if data.endswith(key[:length]):
            return data[:-length], data[-length:]
    return data, b""
