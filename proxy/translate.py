"""Answers on their way back through an adapter: a whole one, and a stream that comes in pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from proxy import answer_json
from proxy.sse import Splitter
from proxy.upstream import UpstreamFailed
from relay.core.errors import ProviderUnreachable

if TYPE_CHECKING:
    from proxy.adapters.base import Translation

_NOT_ITS_DIALECT = "The provider answered with something its own API does not describe."


def translated(translation: Translation, body: bytes) -> bytes:
    """A whole answer in OpenAI's format. Raises ProviderUnreachable for one that the dialect does not have."""
    try:
        answer = answer_json.loads(body)
        if not isinstance(answer, dict):
            raise ValueError("no object")  # noqa: TRY004 - one error for an answer we can't read
        return orjson.dumps(translation.answer(answer))
    except (ValueError, orjson.JSONEncodeError):
        raise ProviderUnreachable(_NOT_ITS_DIALECT) from None


class TranslatedStream:
    """Native events in, OpenAI's chunks out; cut anywhere. Raises UpstreamFailed for what the dialect does not have."""

    __slots__ = ("_splitter", "_stream")

    def __init__(self, translation: Translation) -> None:
        self._stream = translation.stream()
        self._splitter = Splitter()

    def feed(self, passed: bytes) -> bytes:
        """What the events that these bytes complete become."""
        if passed.count(b"\n\n") == 1 and passed.endswith(b"\n\n") and not self._splitter.rest and b"\r" not in passed:
            return self._all([passed])  # one event, as most streams come
        return self._all(self._splitter.feed(passed))

    def end(self) -> bytes:
        """What closes the stream, after an event that had lost its blank line."""
        rest, self._splitter.rest = self._splitter.rest, b""
        last = self._all([rest]) if rest.strip() else b""
        try:
            return last + self._stream.end()
        except ValueError:
            raise UpstreamFailed(ProviderUnreachable("The provider's stream broke off."), reached=True) from None

    def _all(self, events: list[bytes]) -> bytes:
        try:
            return b"".join([self._stream.event(event) for event in events])
        except ValueError:
            raise UpstreamFailed(ProviderUnreachable(_NOT_ITS_DIALECT), reached=True) from None
