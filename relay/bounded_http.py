"""uvicorn's HTTP/1.1 with bounds it lacks: on what a client may send without getting anywhere, how long that may take, how long it
may leave an answer unread; and without upgrades.

Chosen by `uvicorn --http relay.bounded_http:BoundedHttp --ws none`. Requests that come whole cost one comparison more.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

MAX_HEADERS: Final = 256
MAX_HEAD_BYTES: Final = 64 * 1024
"""Of a request, beyond what one read of the socket brings: its line, headers, trailers and the marks between chunks."""
_MARKS_A_BODY_BYTE: Final = 8
"""A body that comes in chunks of one byte has six bytes of marks for each."""
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})
HEAD_SECONDS: Final = 20.0
"""For a request's line and headers, and for whatever comes after an answer that did not wait for all of its request."""

UNREAD_SECONDS: Final = 60.0
"""For a client to take something of what waits for it, as nginx's send_timeout."""


class BoundedHttp(HttpToolsProtocol):
    """One client's connection. Trailers are dropped: uvicorn takes them for headers of the request they follow."""

    _head_timer: asyncio.TimerHandle | None = None
    _unread_timer: asyncio.TimerHandle | None = None
    _in_head = False
    _is_fresh = False
    _received = 0
    _body_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows it too
        """Wait for a first request, but not forever."""
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_timer()
        self._stop_unread_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, unless it is too much without having got anywhere."""
        super().data_received(data)
        if self._is_fresh:
            self._is_fresh, self._received = False, 0
        else:
            self._received += len(data)
            if self._received > MAX_HEAD_BYTES + self._body_bytes * _MARKS_A_BODY_BYTE:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        is_idle = self.cycle is None or self.cycle.response_complete
        if self._head_timer is None and (self._in_head or is_idle) and not self.transport.is_closing():
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def pause_writing(self) -> None:
        """Much waits for the client to read it: see that it does, even when the answer is over and the connection closing."""
        super().pause_writing()
        if self._unread_timer is None:
            self._look_again()

    def resume_writing(self) -> None:
        """It has read enough."""
        super().resume_writing()
        self._stop_unread_timer()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_head = self._is_fresh = True
        self._body_bytes = 0

    def on_headers_complete(self) -> None:
        """Its head is whole. Raises ValueError, which the parser makes a refusal, for too many headers."""
        self._in_head = False
        self._stop_timer()
        if len(self.headers) > MAX_HEADERS:
            raise ValueError
        super().on_headers_complete()
        self.headers = []

    def on_body(self, body: bytes) -> None:
        """A piece of its body."""
        self._body_bytes += len(body)
        super().on_body(body)

    def _should_upgrade(self) -> bool:
        return False

    def _unsupported_upgrade_warning(self) -> None:
        """The parser reads nothing after a head that asks for an upgrade: neither its body, nor a next request."""
        announced = {name: value for name, value in self.scope["headers"] if name in _FRAMING}
        if announced and announced != {b"content-length": b"0"}:
            self._refuse(HTTPStatus.NOT_IMPLEMENTED)
        self.cycle.keep_alive = False

    def _give_up(self) -> None:
        self._head_timer = None
        if self._in_head:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.close()

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer, where no other answer has begun, and hang up."""
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()

    def _look_again(self) -> None:
        waiting = self.transport.get_write_buffer_size()
        self._unread_timer = self.loop.call_later(UNREAD_SECONDS, self._hang_up_on_who_does_not_read, waiting)

    def _hang_up_on_who_does_not_read(self, waited: int) -> None:
        if self.transport.get_write_buffer_size() >= waited:
            self.transport.abort()
        else:
            self._look_again()

    def _stop_unread_timer(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
