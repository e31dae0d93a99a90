"""A streamed chat answer out of bytes: chunks, the error it may end with, and what it cost."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from onerelay._answers import Headers, parse_object, report_of, stream_failure_of, whole_number
from onerelay._reading import read_loosely
from onerelay._sse import EventParser, ServerSentEvent
from onerelay.errors import ApiError, ConnectionFailedError
from onerelay.types import CallReport, ChatCompletionChunk

_COST = re.compile(r"1relay cost-micros=(\d+) budget-remaining-micros=(-?\d+)")


class ChunkReader:
    """Turns the bytes of one stream into chunks. Nothing is read or closed here."""

    def __init__(self, headers: Headers) -> None:
        self._headers = headers
        self._parser = EventParser()
        self.is_done = False
        """Whether the end mark has come. What follows it is the relay’s closing comment alone."""

    def feed(self, part: bytes) -> Iterator[ChatCompletionChunk]:
        """The chunks that `part` completes. Raises ApiError where the stream tells of one, after the chunks before it."""
        for event in self._parser.feed(part):
            if event.data == "[DONE]":
                self.is_done = True
            elif not self.is_done:
                yield self._chunk(event)

    def end(self) -> None:
        """No more bytes come. Raises ConnectionFailedError where the end mark never came."""
        if not self.is_done:
            raise ConnectionFailedError("The stream stopped before its end.")

    @property
    def report(self) -> CallReport:
        """The remaining budget is known from the start (less what this call holds), the cost once the stream has ended."""
        report = report_of(self._headers)
        if found := _COST.fullmatch(self._parser.last_comment):
            cost, remaining = map(whole_number, found.groups())
            report = dataclasses.replace(report, cost_micros=cost, budget_remaining_micros=remaining)
        return report

    def _chunk(self, event: ServerSentEvent) -> ChatCompletionChunk:
        value = parse_object(event.data)
        if event.name == "error" or (value or {}).get("error"):
            raise self._failure(value)
        if value is None:
            raise ConnectionFailedError("The stream contains something that is not JSON.")
        return read_loosely(ChatCompletionChunk, value)

    def _failure(self, value: dict[str, object] | None) -> ApiError:
        return stream_failure_of(value, self._headers)
