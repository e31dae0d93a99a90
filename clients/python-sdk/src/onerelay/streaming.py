"""Streamed answers, to be iterated over, plain and asynchronously."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import Self

import httpx

from onerelay._calls import Lost, lost
from onerelay._chunks import ChunkReader
from onerelay.errors import UsageError
from onerelay.types import CallReport, ChatCompletionChunk


class _Reading:
    """What both streams know: how far the answer has been read, and whether it may be."""

    def __init__(self, response: httpx.Response, timeout: float) -> None:
        self._response = response
        self._timeout = timeout
        self._reader = ChunkReader(response.headers)
        self._is_taken = self._is_closed = False

    @property
    def relay(self) -> CallReport:
        """The remaining budget is known from the start (less what this call holds), the cost once the stream has ended."""
        return self._reader.report

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.relay.request_id}>"

    def _take(self) -> None:
        if self._is_taken or self._is_closed:
            raise UsageError("This stream has been read or closed; make a new call.")
        self._is_taken = True

    def _end(self, broken: Lost | None) -> None:
        """Raise what the end of the bytes means, unless the caller closed the stream. After the end mark only the cost can get lost."""
        if self._is_closed or self._reader.is_done:
            return
        if broken:
            raise broken.error
        self._reader.end()


class ChatStream(_Reading):
    """A streamed answer: `for chunk in stream`. It can be read once.

    Leaving the loop or the `with` block ends the call at the relay and at the provider. An error inside the stream is raised from the
    loop, as is a stream that stops without its end mark.
    """

    def __iter__(self) -> Iterator[ChatCompletionChunk]:
        """The chunks as they come."""
        self._take()
        return self._chunks()

    def _chunks(self) -> Iterator[ChatCompletionChunk]:
        broken: Lost | None = None
        try:
            for part in self._response.iter_bytes():
                yield from self._reader.feed(part)
                if self._is_closed:
                    break
        except (httpx.HTTPError, httpx.StreamError) as error:
            broken = lost(error, self._timeout)
        finally:
            self._response.close()
        self._end(broken)

    def close(self) -> None:
        """End the call, when nobody will read (the rest of) it."""
        self._is_closed = True
        self._response.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class AsyncChatStream(_Reading):
    """A streamed answer: `async for chunk in stream`. It can be read once.

    Leaving the loop or the `async with` block ends the call at the relay and at the provider. An error inside the stream is raised from
    the loop, as is a stream that stops without its end mark.
    """

    def __aiter__(self) -> AsyncIterator[ChatCompletionChunk]:
        """The chunks as they come."""
        self._take()
        return self._chunks()

    async def _chunks(self) -> AsyncIterator[ChatCompletionChunk]:
        broken: Lost | None = None
        try:
            async for part in self._response.aiter_bytes():
                for chunk in self._reader.feed(part):
                    yield chunk
                if self._is_closed:
                    break
        except (httpx.HTTPError, httpx.StreamError) as error:
            broken = lost(error, self._timeout)
        finally:
            await self._response.aclose()
        self._end(broken)

    async def close(self) -> None:
        """End the call, when nobody will read (the rest of) it."""
        self._is_closed = True
        await self._response.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()
