"""Server-sent events as bytes: cutting a stream into whole events without changing any, and writing our own.

Source: HTML standard, "Server-sent events".
"""

from __future__ import annotations

import re
from typing import Final

MAX_EVENT_BYTES: Final = 8 * 1024 * 1024
"""An event longer than this is passed on in pieces, unread: no stream makes us keep more."""

_LONGEST_END: Final = 4
_END = re.compile(rb"\r\n\r\n|\n\n|\r\r|\n\r\n|\r\n\n")
_LINE_END = re.compile(rb"\r\n|\n|\r")


class Splitter:
    """Collects chunks, cut anywhere, into whole events."""

    __slots__ = ("_kept", "is_empty")

    def __init__(self) -> None:
        self._kept = bytearray()
        self.is_empty = True
        """Whether no event has begun that is not complete."""

    @property
    def rest(self) -> bytes:
        """What has come of an event that is not complete yet."""
        return bytes(self._kept)

    @rest.setter
    def rest(self, rest: bytes) -> None:
        self._kept = bytearray(rest)
        self.is_empty = not rest

    def take(self, chunk: bytes) -> bytes:
        """The events this chunk completes, in one piece. Joined with `rest` they are the input."""
        if self.is_empty:
            end = _last_end(chunk, 0)
            self._kept += chunk[end:]
            head = chunk[:end]
        else:
            # every byte is copied and looked at once, however small the pieces in which a long event comes
            before = len(self._kept)
            self._kept += chunk
            end = _last_end(self._kept, max(0, before - _LONGEST_END + 1))
            head = bytes(self._kept[:end])
            del self._kept[:end]
        if len(self._kept) > MAX_EVENT_BYTES:
            head, self._kept = head + self._kept, bytearray()
        self.is_empty = not self._kept
        return head

    def feed(self, chunk: bytes) -> list[bytes]:
        """The events this chunk completes, each with the blank line that ends it."""
        return split(self.take(chunk))


def split(text: bytes) -> list[bytes]:
    """Whole events, one by one. What follows the last blank line, if anything does, is an item of its own."""
    events = []
    start = 0
    for end in _END.finditer(text):
        events.append(text[start : end.end()])
        start = end.end()
    if start < len(text):
        events.append(text[start:])
    return events


def data_of(event: bytes) -> bytes:
    """The event's data lines, joined; empty where it has none (a comment)."""
    text = event.strip(b"\r\n")
    if text.startswith(b"data: ") and b"\n" not in text and b"\r" not in text:
        return text[6:]
    lines = (line for line in _LINE_END.split(text) if line.startswith(b"data:"))
    return b"\n".join(line[6:] if line.startswith(b"data: ") else line[5:] for line in lines)


def comment(text: str) -> bytes:
    """A comment, which clients skip."""
    return f": {text}\n\n".encode()


def event(data: bytes, name: str | None = None) -> bytes:
    """An event with one line of data."""
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: " + data + b"\n\n"


def _last_end(text: bytes | bytearray, start: int) -> int:
    """Where the last whole event ends; 0 where none does."""
    at = text.rfind(b"\n\n", start)
    end = at + 2 if at >= 0 else 0
    if text.find(b"\r", start) >= 0:
        for mark in (b"\n\r\n", b"\r\r"):
            at = text.rfind(mark, start)
            if at >= 0:
                end = max(end, at + len(mark))
    return end
