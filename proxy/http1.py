"""One connection to a provider: HTTP/1.1 on an asyncio transport, parsed by httptools (llhttp, as in the server that we run under).

Why not a general client: the proxy's whole job is one request after the other to a few known hosts, and a general client costs
more than all of the rest (docs/decisions/0007). No redirects, no cookies, no decompression, no retries, nothing from the
environment. Source: RFC 9112.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, cast

import httptools

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_HEADER_BYTES: Final = 64 * 1024
MAX_BODILESS_BYTES: Final = 256 * 1024
"""What may come in a row without bringing any of the body: heads, interim answers, and trailers, which the parser keeps until they
end."""
_READ_AHEAD_BYTES: Final = 128 * 1024
_LINE_BYTES: Final = 32
"""What a header line or an interim answer counts besides its text."""
_PIECE_BYTES: Final = 64 * 1024


class BrokenAnswer(Exception):
    """The connection ended, or the provider sent something that is not HTTP, before the answer was whole."""


class Connection(asyncio.Protocol):
    """A connection, and the answer under way on it. `on_idle` is told whenever another request could be sent, or it closed."""

    __slots__ = (
        "_ahead",
        "_bodiless",
        "_ends_with_connection",
        "_error",
        "_header_bytes",
        "_is_paused",
        "_is_writing",
        "_keeps",
        "_loop",
        "_on_free",
        "_parser",
        "_parts",
        "_transport",
        "_waiter",
        "_writable",
        "headers",
        "idle_since",
        "is_complete",
        "is_open",
        "status",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop, on_free: Callable[[Connection], None]) -> None:
        self._loop = loop
        self._on_free = on_free
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self.is_open = True
        self.idle_since = 0.0
        self._begin()

    def _begin(self) -> None:
        self._parts: list[bytes] = []
        self._ahead = self._header_bytes = self._bodiless = 0
        self._is_paused = self._is_writing = False
        self._keeps = False
        self._ends_with_connection = True
        self._error: str | None = None
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.is_complete = False

    # What the caller does.

    async def send(self, head: bytes, body: bytes) -> None:
        """Send a request and wait for the answer's head: `status` and `headers` (lower case names) are set then.

        Raises BrokenAnswer.
        """
        self._begin()
        if self._transport is None:
            raise BrokenAnswer("closed before anything was sent")
        if len(body) <= _PIECE_BYTES:
            self._transport.write(head + body)
        else:
            await self._send_pieces(self._transport, head, body)
        while not self.status and self.is_open and self._error is None:
            await self._wait()
        if not self.status:
            raise BrokenAnswer(self._error or "closed")

    async def chunk(self) -> bytes:
        """What has come of the body since, waiting for something; empty at its end. Raises BrokenAnswer where it breaks off."""
        while not self._parts:
            if self.is_complete:
                return b""
            if not self.is_open or self._error is not None:
                raise BrokenAnswer(self._error or "closed")
            await self._wait()
        parts = self._parts
        self._parts, self._ahead = [], 0
        if self._is_paused and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """Close the connection, unless the answer is whole: then it waits for the next request."""
        if self.is_open and self.is_complete and self._keeps and not (self._is_writing or self._is_paused):
            self._parts = []
            self._on_free(self)
        else:
            self.abort()

    def abort(self) -> None:
        """Close the connection at once."""
        self.is_open = False
        if not self.is_complete and self._error is None:
            self._error = "ended by us"
        if self._transport is not None:
            self._transport.abort()

    async def _send_pieces(self, transport: asyncio.Transport, head: bytes, body: bytes) -> None:
        """A large body goes piece by piece, as fast as the provider takes it; it may answer before it has taken all."""
        self._is_writing = True
        transport.write(head)
        for start in range(0, len(body), _PIECE_BYTES):
            if self.status or not self.is_open or self._error is not None:
                return
            transport.write(body[start : start + _PIECE_BYTES])
            if self._writable is not None:
                await self._writable
            else:
                await asyncio.sleep(0)
        self._is_writing = False

    async def _wait(self) -> None:
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # What the transport tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Bytes of the answer; anything after its end ends the connection."""
        if self.is_complete:
            self.abort()
            return
        ahead = self._ahead
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail("an upgrade, unasked")
        except httptools.HttpParserError:
            self._fail("not HTTP")
        if self._ahead != ahead:
            self._bodiless = 0
        else:
            self._bodiless += len(data)
            if self._bodiless > MAX_BODILESS_BYTES:
                self._fail("a head or trailer without end")
        self._wake()

    def eof_received(self) -> bool:
        """The provider sends no more: where it named no length, that is how its answer ends."""
        if self.status and self._ends_with_connection and self._error is None:
            self.is_complete = True
        self.resume_writing()
        self._wake()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone."""
        if error is None and self.status and self._ends_with_connection and self._error is None:
            self.is_complete = True
        self.is_open = False
        self._transport = None
        self.resume_writing()
        self._wake()
        self._on_free(self)

    def pause_writing(self) -> None:
        """The provider takes no more for now."""
        if self._writable is None:
            self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        """It does again."""
        if self._writable is not None:
            writable, self._writable = self._writable, None
            if not writable.done():
                writable.set_result(None)

    def _fail(self, why: str) -> None:
        self._error = why
        self.abort()

    # What the parser finds.

    def on_message_begin(self) -> None:
        """An answer begins. A second one, unasked, is none of ours."""
        if self.is_complete:
            raise ValueError("an answer to nothing")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header line; those after the body (trailers) are dropped."""
        if self.status:
            return
        self._header_bytes += len(name) + len(value) + _LINE_BYTES
        if self._header_bytes > MAX_HEADER_BYTES:
            raise ValueError("too many headers")
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """The head is whole. Interim answers (1xx) are none."""
        status = self._parser.get_status_code()
        if status < 200:
            self.headers = []
            self._header_bytes += _LINE_BYTES
            return
        self.status = status
        self._keeps = self._parser.should_keep_alive()
        for name, value in self.headers:
            if name == b"content-length" or (name == b"transfer-encoding" and value.strip().lower().endswith(b"chunked")):
                self._ends_with_connection = False
        if status in {204, 304}:
            self._ends_with_connection = False
        self.resume_writing()  # whoever has answered may take no more of the request

    def on_body(self, data: bytes) -> None:
        """A piece of the body; when too much of it waits to be taken, no more is read."""
        self._parts.append(data)
        self._ahead += len(data)
        if self._ahead > _READ_AHEAD_BYTES and not self._is_paused and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        """The answer is whole; the connection may be used again if both sides keep it."""
        if self.status:
            self.is_complete = True
