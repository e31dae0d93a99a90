"""Usage numbers out of answers of any dialect, by the paths in spec/providers.json.

Of every number the last one that is there counts: providers repeat and update them, and never send differences. A byte
search decides whether an event is parsed at all.
"""

from __future__ import annotations

import re
from time import monotonic
from typing import TYPE_CHECKING, Any

import orjson

from proxy.sse import Splitter, data_of
from relay.providers.prices import TokenUsage

if TYPE_CHECKING:
    from relay.providers.facts import Meter

_TELLING = re.compile(rb'"(?:usage|usageMetadata|error)"\s*:\s*[{"]')
_DATA = re.compile(rb"(?:^|[\r\n])data:")


class AnswerMeter:
    """Collects the usage of one answer. `kind` is None for calls that cost nothing.

    `is_final`: usage came where it counts, should the answer end here. `is_complete`: nothing can follow that costs more.
    """

    __slots__ = ("_kind", "_numbers", "_read_bytes", "error", "first_event_at", "is_complete", "is_final")

    def __init__(self, kind: Meter | None) -> None:
        self._kind = kind
        self._numbers: dict[str, int] = {}
        self._read_bytes = 0
        self.first_event_at: float | None = None
        self.is_final = False
        self.is_complete = False
        self.error: Any = None

    @property
    def seen_tokens(self) -> int:
        """An upper bound of the tokens in what came, for when the provider has not said."""
        return self._read_bytes // 3

    def read(self, body: bytes) -> dict[str, Any] | None:
        """Take the usage from one JSON object, and answer the object; None if it is none."""
        self._read_bytes += len(body)
        try:
            answer = orjson.loads(body)
        except orjson.JSONDecodeError:
            return None
        if not isinstance(answer, dict):
            return None
        kind = self._kind
        for path in kind.usage_at if kind else ():
            usage = _at(answer, path)
            if kind and isinstance(usage, dict):
                self._take(usage)
                counts = path not in kind.interim_at
                self.is_final = self.is_final or counts
                self.is_complete = counts and (kind.last_marker is None or kind.last_marker.encode() in body)
        return answer

    @property
    def usage(self) -> TokenUsage | None:
        """What the provider has reported so far; None if nothing."""
        kind, numbers = self._kind, self._numbers
        if kind is None or not numbers:
            return None
        cached, written = numbers.get(kind.cached or "", 0), numbers.get(kind.cache_write or "", 0)
        read = sum(numbers.get(name, 0) for name in kind.input)
        return TokenUsage(
            input_tokens=read if kind.input_includes_cache else read + cached + written,
            output_tokens=sum(numbers.get(name, 0) for name in kind.output),
            cached_input_tokens=cached,
            cache_write_tokens=written,
            cache_write_1h_tokens=min(written, numbers.get(kind.long_cache_write or "", 0)),
        )

    def _take(self, usage: dict[str, Any]) -> None:
        kind = self._kind
        if kind is None:
            return
        for path in (*kind.input, *kind.output, kind.cached, kind.cache_write, kind.long_cache_write):
            value = _at(usage, path) if path else None
            if path and isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
                self._numbers[path] = int(value)


class StreamMeter(AnswerMeter):
    """Reads along with a stream of events, and takes out the usage event that only we asked for.

    `seen_tokens` bounds what was written so far where the provider has not said: one token an event, and one for every
    three bytes that an event is longer than the shortest.
    """

    __slots__ = ("_bytes", "_drops_usage", "_events", "_shortest", "_splitter", "_whole_events")

    def __init__(self, kind: Meter | None, *, whole_events: bool, drops_usage: bool) -> None:
        super().__init__(kind)
        self._whole_events = whole_events
        self._drops_usage = drops_usage
        self._splitter = Splitter()
        self._events = 0
        self._bytes = 0
        self._shortest: int | None = None

    def feed(self, chunk: bytes) -> bytes:
        """Read a chunk; answer the bytes to pass on: the chunk itself, or the whole events it completes."""
        if not self._splitter.rest and chunk.endswith(b"\n\n") and not _TELLING.search(chunk):
            self._count(len(_DATA.findall(chunk)), len(chunk))
            return chunk
        events = self._splitter.feed(chunk)
        kept = [event for event in events if self._passes(event)]
        return b"".join(kept) if self._whole_events else chunk

    def end(self) -> bytes:
        """What is left at the end of the stream: an event without its blank line, still to be passed on."""
        rest, self._splitter.rest = self._splitter.rest, b""
        if rest and self._passes(rest) and self._whole_events:
            return rest
        return b""

    @property
    def is_inside_event(self) -> bool:
        """Whether the bytes passed on so far end within an event."""
        return bool(self._splitter.rest) and not self._whole_events

    @property
    def seen_tokens(self) -> int:
        """An upper bound of the tokens written in the events that came, error events aside."""
        longer = self._bytes - self._events * (self._shortest or 0)
        return self._events + max(0, longer) // 3

    def _passes(self, event: bytes) -> bool:
        if not _TELLING.search(event):
            self._count(len(_DATA.findall(event)), len(event))
            return True
        answer = self.read(data_of(event))
        if answer is None:
            return True
        self.error = self.error or _error_in(answer)
        if self._drops_usage and answer.get("choices") == [] and answer.get("usage") is not None:
            return False
        if not _error_in(answer):
            self._count(1, len(event))
        return True

    def _count(self, events: int, length: int) -> None:
        if not events:
            return
        if self.first_event_at is None:
            self.first_event_at = monotonic()
        each = length // events
        self._shortest = each if self._shortest is None else min(self._shortest, each)
        self._events += events
        self._bytes += length


def _error_in(answer: dict[str, Any]) -> Any:
    return answer.get("error") or _at(answer, "response.error") or _at(answer, "x_groq.error")


def _at(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
