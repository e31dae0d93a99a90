"""The answer to one request, as ASGI messages: envelope, error shapes of each door, streams. Nothing is buffered or compressed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import orjson

from proxy import sse
from relay.core import envelope
from relay.core.errors import ApiError, RateLimited, ServiceUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from proxy.parse import Door
    from proxy.request import Send
    from relay.providers.facts import Provider

_ALWAYS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"*"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]
_PREFLIGHT = [
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", b"*, authorization"),
    (b"access-control-max-age", b"7200"),
]
_OF_AN_UNKNOWN_PROVIDER = {"type": "error", "error": {"type": "{code}", "status": "{code}"}}
"""What most SDKs read; a base URL with a mistake in the provider's name does not say whose came with it."""

Header = tuple[bytes, bytes]


class Reply:
    """One answer. `door` and `provider` decide the shape that a failure takes; they are set as soon as they are known."""

    __slots__ = ("_send", "door", "provider", "request_id", "started")

    def __init__(self, send: Send, request_id: str, door: Door) -> None:
        self._send = send
        self.request_id = request_id
        self.door = door
        self.provider: Provider | None = None
        self.started = False

    async def whole(self, status: int, headers: Iterable[Header], body: bytes) -> None:
        """Answer at once."""
        await self.start(status, [*headers, (b"content-length", b"%d" % len(body))])
        await self._send({"type": "http.response.body", "body": body})

    async def start(self, status: int, headers: Iterable[Header]) -> None:
        """Begin an answer whose body follows. Names are in lower case."""
        self.started = True
        lines = [*headers, *_ALWAYS, (b"x-request-id", self.request_id.encode())]
        await self._send({"type": "http.response.start", "status": status, "headers": lines})

    async def more(self, chunk: bytes) -> None:
        """Pass on a piece of the body."""
        await self._send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def end(self, last: bytes = b"") -> None:
        """End the body."""
        await self._send({"type": "http.response.body", "body": last})

    async def preflight(self) -> None:
        """Answer a CORS preflight: any origin may call with a bearer credential; no cookie is read here."""
        lines = [*_ALWAYS, *_PREFLIGHT, (b"x-request-id", self.request_id.encode())]
        await self._send({"type": "http.response.start", "status": 204, "headers": lines})
        await self._send({"type": "http.response.body"})

    async def fail(self, error: ApiError) -> None:
        """Answer with a refusal of the relay's own, marked as such."""
        headers = [(b"content-type", b"application/json"), (b"x-1relay-error", error.code.encode())]
        headers += [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in error.headers.items()]
        if not isinstance(error, RateLimited | ServiceUnavailable):
            headers.append((b"x-should-retry", b"false"))
        await self.whole(error.status, headers, orjson.dumps(self.failure(error)))

    def error_event(self, error: ApiError) -> bytes:
        """The refusal as the last event of a stream, in a shape the door's clients raise as an error."""
        name = None if self.provider is not None and not self.provider.stream_comment else "error"
        return sse.event(orjson.dumps(self.failure(error)), name)

    def failure(self, error: ApiError) -> dict[str, Any]:
        """The error's body, as this door's clients read it (api.md, "Everywhere")."""
        body = envelope.failure(error, self.request_id)
        if self.door == "openai":
            details = {"details": error.details} if error.details else {}
            return {"error": {"message": error.message, "type": "relay_error", "code": error.code, **details}}
        if self.door == "passthrough":
            members = _OF_AN_UNKNOWN_PROVIDER if self.provider is None else self.provider.error_members
            listed = [error.details] if error.details else []
            fill = {"{code}": error.code, "{status}": error.status, "{details}": listed, "{requestId}": self.request_id}
            _merge(body, members, fill)
            body = {"error": body.pop("error"), **body}  # google-genai knows an error in a stream by its first member
        return body


class UnfinishedIsMeant(logging.Filter):
    """Drops the server's complaint about answers left unfinished: that is how a stream the provider cut is passed on."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is anything else."""
        return "without completing response" not in record.getMessage()


class KeptReply(Reply):
    """An answer that is kept instead of sent, for a door that puts several together."""

    __slots__ = ("body", "status")

    def __init__(self, request_id: str, door: Door) -> None:
        super().__init__(self._keep, request_id, door)
        self.status = 0
        self.body = b""

    async def _keep(self, message: Any) -> None:
        self.status = message.get("status", self.status)
        self.body += message.get("body", b"")


def _merge(body: dict[str, Any], members: Mapping[str, Any], fill: Mapping[str, object]) -> None:
    for name, value in members.items():
        if isinstance(value, dict):
            _merge(body.setdefault(name, {}), value, fill)
        else:
            body[name] = fill.get(value, value) if isinstance(value, str) else value
