"""Usage numbers out of answers of any dialect, by the paths in spec/providers.json.

Of every number the last one that is there counts: providers repeat and update them, and never send differences. A byte
search decides whether an event is parsed at all. A provider's own figure for what it charges is read where it gives one.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from proxy import answer_json
from proxy.member_path import member
from proxy.own_cost import own_cost_nanos
from proxy.sse import Splitter, data_of, split
from relay.providers.prices import TokenUsage

if TYPE_CHECKING:
    from relay.providers.facts import Meter

_MOST_TOKENS = 10**8
"""Ten times the longest context there is: a larger number is an error of the provider's, and not believed."""
_OVERHEAD_BYTES = 250
"""No event has more around its text (openai-python 3.54: a chat chunk with id, model, fingerprint; a Responses delta with item
id): where even the shortest is longer, the rest of it is text."""
_NUMBERS = frozenset({int, float})
_MOST_PARTS = 1_000_000
"""Objects and lists: eight megabytes of empty lists would take a hundred and eighty to read."""


class AnswerMeter:
    """Collects the usage of one answer. `kind` is None for calls that cost nothing.

    `is_final`: usage came where it counts, should the answer end here. `is_complete`: nothing can follow that costs more.
    `cost_nanos`: what the provider itself says it charges, in nano-dollars; None where it does not say. `tier`: the tier of
    service it says it gave, where prices depend on it.
    """

    __slots__ = ("_kind", "_numbers", "_paths", "_read_bytes", "cost_nanos", "error", "first_event_at", "is_complete", "is_final", "tier")

    def __init__(self, kind: Meter | None) -> None:
        self._kind = kind
        self._numbers: dict[str, int] = {}
        self._paths: tuple[str, ...] = ()
        self._read_bytes = 0
        self.first_event_at: float | None = None
        self.is_final = False
        self.is_complete = False
        self.cost_nanos: int | None = None
        self.tier: str | None = None
        self.error: Any = None

    @property
    def seen_tokens(self) -> int:
        """An upper bound of the tokens in what came, for when the provider has not said."""
        return self._read_bytes // 3

    def read(self, body: bytes) -> dict[str, Any] | None:
        """Take the usage from one JSON object, and answer the object; None if it is none, or one made to be hard to read."""
        self._read_bytes += len(body)
        if len(body) > _MOST_PARTS and body.count(b"[") + body.count(b"{") > _MOST_PARTS:
            return None
        try:
            answer = answer_json.loads(body)
        except ValueError:
            return None
        if not isinstance(answer, dict):
            return None
        if b'"error"' in body:
            self.error = self.error or _error_in(answer)
        if self._kind is not None:
            self._look(self._kind, answer, body)
        return answer

    def _look(self, kind: Meter, answer: dict[str, Any], body: bytes) -> None:
        for path in kind.usage_at:
            usage = member(answer, path)
            if isinstance(usage, dict):
                self._take(kind, usage)
                if kind.cost is not None:
                    own = own_cost_nanos(kind.cost, usage, body)
                    self.cost_nanos = self.cost_nanos if own is None else own
                counts = path not in kind.interim_at
                self.is_final = self.is_final or counts
                self.is_complete = counts and _is_last(kind, answer, body)
        for path in kind.tier_at:
            tier = member(answer, path)
            if isinstance(tier, str):
                self.tier = tier

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

    def _take(self, kind: Meter, usage: dict[str, Any]) -> None:
        for path in self._paths or self._note_paths(kind):
            value = member(usage, path)
            if type(value) in _NUMBERS and 0 <= value <= _MOST_TOKENS:
                self._numbers[path] = int(value)

    def _note_paths(self, kind: Meter) -> tuple[str, ...]:
        paths = (*kind.input, *kind.output, kind.cached, kind.cache_write, kind.long_cache_write)
        self._paths = tuple(path for path in paths if path)
        return self._paths


class StreamMeter(AnswerMeter):
    """Reads along with a stream of events, and takes out the usage event that only we asked for.

    `seen_tokens` bounds what was written so far where the provider has not said: one token an event, and one for every
    three bytes that an event is longer than the shortest, or than what can stand around text.
    """

    __slots__ = ("_bytes", "_drops_usage", "_events", "_shortest", "_splitter", "_whole_events")

    def __init__(self, kind: Meter | None, *, whole_events: bool, drops_usage: bool) -> None:
        super().__init__(kind)
        self._whole_events = whole_events
        self._drops_usage = drops_usage
        self._splitter = Splitter()
        self._events = 0
        self._bytes = 0
        self._shortest = 0

    def feed(self, chunk: bytes) -> bytes:
        """Read a chunk; answer the bytes to pass on: the chunk itself, or the whole events it completes."""
        whole = self._splitter.is_empty and chunk.endswith(b"\n\n")
        head = chunk if whole else self._splitter.take(chunk)
        if (head.count(b'"usage') or head.find(b'"error"') >= 0) and _tells(head):
            events = split(head)
            kept = [event for event in events if self._passes(event, tells=len(events) == 1 or _tells(event))]
            return b"".join(kept) if self._whole_events else chunk
        self._count(head)
        return head if self._whole_events else chunk

    def end(self) -> bytes:
        """What is left at the end of the stream: an event without its blank line, still to be passed on."""
        rest, self._splitter.rest = self._splitter.rest, b""
        if rest and self._passes(rest, tells=_tells(rest)) and self._whole_events:
            return rest
        return b""

    @property
    def is_inside_event(self) -> bool:
        """Whether the bytes passed on so far end within an event."""
        return not self._splitter.is_empty and not self._whole_events

    @property
    def seen_tokens(self) -> int:
        """An upper bound of the tokens written in the events that came, error events aside."""
        around = min(self._shortest, _OVERHEAD_BYTES)
        return self._events + max(0, self._bytes - self._events * around) // 3

    def _passes(self, event: bytes, *, tells: bool) -> bool:
        """Read one event, if it tells anything, and decide whether the caller may see it."""
        answer = self.read(data_of(event)) if tells else None
        if answer is None:
            self._count(event)
            return True
        if self._drops_usage and answer.get("choices") == [] and answer.get("usage") is not None:
            return False
        if b'"error"' not in event or not _error_in(answer):
            self._count(event)
        return True

    def _count(self, text: bytes) -> None:
        """Count the events of one piece, comments aside."""
        events = text.count(b"\ndata:") + text.startswith(b"data:") or text.count(b"\rdata:")
        if events:
            length = len(text)
            if self.first_event_at is None:
                self.first_event_at = monotonic()
                self._shortest = length
            self._shortest = min(self._shortest, length // events)
            self._events += events
            self._bytes += length


def _tells(text: bytes) -> bool:
    """Whether usage or an error can stand in some events, so that they must be parsed. Counting bytes is cheaper than a
    pattern, and settles streams of which every chunk says `"usage":null`."""
    usages = text.count(b'"usage')
    return usages != text.count(b'"usage":null') + text.count(b'"usage": null') or text.find(b'"error"') >= 0


def _is_last(kind: Meter, answer: dict[str, Any], body: bytes) -> bool:
    """Whether nothing can follow that adds to the usage in this answer."""
    if kind.last_marker is not None and kind.last_marker.encode() not in body:
        return False
    items, _, finish = (kind.finished_at or "").partition("[].")
    choices = member(answer, items) if items else None
    return not isinstance(choices, list) or all(member(choice, finish) is not None for choice in choices)


def _error_in(answer: dict[str, Any]) -> Any:
    error = answer.get("error") or member(answer, "response.error") or member(answer, "x_groq.error")
    return error or (answer if answer.get("type") == "error" else None)
