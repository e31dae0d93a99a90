"""Server-sent events out of bytes, by the HTML standard’s rules; chunks may be cut anywhere, also inside a character.

Source: HTML Living Standard, “Server-sent events”, 9.2.6 “Interpreting an event stream”.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\n|\r(?!\Z)")
"""A CR at the end of what is there may be the first half of CR LF, so it waits."""


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event; `name` is “message” if it has none."""

    name: str
    data: str


class EventParser:
    """Collects lines into events; what `feed` yields is complete. A last event without its blank line is dropped."""

    def __init__(self) -> None:
        self.last_comment = ""
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._rest = ""
        self._name = ""
        self._data: list[str] = []

    def feed(self, part: bytes) -> Iterator[ServerSentEvent]:
        """The events that `part` completes."""
        *lines, self._rest = _LINE_END.split(self._rest + self._decoder.decode(part))
        for line in lines:
            if line:
                self._take(line)
            else:
                yield from self._dispatch()

    def _take(self, line: str) -> None:
        if line.startswith(":"):
            self.last_comment = line[1:].strip()
            return
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            self._name = value
        elif field == "data":
            self._data.append(value)

    def _dispatch(self) -> Iterator[ServerSentEvent]:
        name, data = self._name or "message", self._data
        self._name, self._data = "", []
        if data:
            yield ServerSentEvent(name, "\n".join(data))
