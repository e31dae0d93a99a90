"""Server-sent events as bytes: cutting a stream into whole events without changing any, and writing our own.

Source: HTML standard, "Server-sent events".
"""

from __future__ import annotations

import re
from typing import Final

MAX_EVENT_BYTES: Final = 8 * 1024 * 1024
"""An event longer than this is passed on in pieces, unread: no stream makes us keep more."""

_END = re.compile(rb"\r\n\r\n|\n\n|\r\r|\n\r\n|\r\n\n")
_LINE_END = re.compile(rb"\r\n|\n|\r")


class Splitter:
    """Collects chunks, cut anywhere, into whole events."""

    __slots__ = ("rest",)

    def __init__(self) -> None:
        self.rest = b""

    def feed(self, chunk: bytes) -> list[bytes]:
        """The events this chunk completes, each with the blank line that ends it. Joined with `rest` they are the input."""
        text = self.rest + chunk if self.rest else chunk
        events = []
        start = 0
        for end in _END.finditer(text, max(0, len(self.rest) - 3)):
            events.append(text[start : end.end()])
            start = end.end()
        self.rest = text[start:]
        if len(self.rest) > MAX_EVENT_BYTES:
            events.append(self.rest)
            self.rest = b""
        return events


def data_of(event: bytes) -> bytes:
    """The event's data lines, joined; empty where it has none (a comment)."""
    lines = (line for line in _LINE_END.split(event) if line.startswith(b"data:"))
    return b"\n".join(line[6:] if line.startswith(b"data: ") else line[5:] for line in lines)


def comment(text: str) -> bytes:
    """A comment, which clients skip."""
    return f": {text}\n\n".encode()


def event(data: bytes, name: str | None = None) -> bytes:
    """An event with one line of data."""
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: " + data + b"\n\n"
