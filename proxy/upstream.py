"""The one way out: pooled connections to the hosts in spec/providers.json, what is sent and passed back, and how that fails."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass, field
from functools import cache
from time import monotonic
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from proxy.http1 import BrokenAnswer, Connection
from relay.core.errors import ApiError, ProviderUnreachable
from relay.providers import registry
from relay.providers.registry import upstream_base

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from proxy.parse import Call
    from proxy.request import Request
    from relay.providers.facts import Provider

CONNECT_SECONDS: Final = 10.0
MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
_KEEP_ALIVE_SECONDS: Final = 15.0

Header = tuple[bytes, bytes]


class UpstreamFailed(Exception):
    """No whole answer came. `reached`: whether the provider can have begun the call, and so can charge for it."""

    def __init__(self, error: ApiError, *, reached: bool) -> None:
        self.error = error
        self.reached = reached
        super().__init__(error.code)


@dataclass(slots=True)
class _Host:
    """One provider's address, and its connections that wait for a request, the freshest last."""

    name: str
    port: int
    tls: bool
    line: bytes
    path: str
    idle: deque[Connection] = field(default_factory=deque)


class Client:
    """One process's connections to all providers."""

    def __init__(self, own_bases: dict[str, str]) -> None:
        """`own_bases`: addresses of the providers that this process serves itself."""
        self._own_bases = own_bases
        self._hosts: dict[str, _Host] = {}
        self._open: set[Connection] = set()
        self._tls = ssl.create_default_context()
        self._tls.set_alpn_protocols(["http/1.1"])
        self._sweeping = asyncio.create_task(self._close_stale_forever(), name="proxy-idle-connections")

    async def close(self) -> None:
        """Close every connection."""
        self._sweeping.cancel()
        for connection in tuple(self._open):
            connection.abort()

    async def send(self, call: Call, body: bytes, headers: list[bytes]) -> Connection:
        """Send the call and wait for the answer's head; nothing is retried, no redirect followed.

        `headers` are whole lines. How long the provider may take is for the call's lifeline to say.
        Raises UpstreamFailed.
        """
        base = upstream_base(call.provider) or self._own_bases.get(call.provider.id)
        if base is None:
            raise UpstreamFailed(ProviderUnreachable(), reached=False)
        host = self._hosts.get(base)
        if host is None:
            host = self._hosts[base] = _host(base)
        target = f"{host.path}{call.path}?{call.query}" if call.query else host.path + call.path
        length = b"" if call.facts.method == "GET" else b"content-length: %d\r\n" % len(body)
        head = b"%s %s HTTP/1.1\r\n%s%s%s\r\n" % (call.facts.method.encode(), target.encode(), host.line, length, b"".join(headers))
        connection = _freshest(host) or await self._connect(host)
        if not connection.is_open:
            raise UpstreamFailed(ProviderUnreachable(), reached=False)
        try:
            await connection.send(head, body)
        except BaseException as error:
            connection.abort()
            if isinstance(error, BrokenAnswer):
                raise UpstreamFailed(ProviderUnreachable(), reached=True) from None
            raise
        if connection.status > 599:
            connection.abort()
            raise UpstreamFailed(ProviderUnreachable("The provider answered with a status that there is not."), reached=True)
        if _is_encoded(connection):
            connection.abort()
            raise UpstreamFailed(ProviderUnreachable("The provider's answer came encoded, unasked."), reached=True)
        return connection

    async def _connect(self, host: _Host) -> Connection:
        def free(connection: Connection) -> None:
            if connection.is_open:
                connection.idle_since = monotonic()
                host.idle.append(connection)
            else:
                self._open.discard(connection)

        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, connection = await loop.create_connection(
                    lambda: Connection(loop, free), host.name, host.port, ssl=self._tls if host.tls else None
                )
        except (OSError, TimeoutError):
            raise UpstreamFailed(ProviderUnreachable(), reached=False) from None
        if connection.is_open:
            self._open.add(connection)
        return connection

    async def _close_stale_forever(self) -> None:
        while True:
            await asyncio.sleep(_KEEP_ALIVE_SECONDS / 3)
            for host in self._hosts.values():
                while host.idle and _is_stale(host.idle[0]):
                    host.idle.popleft().abort()


def _host(base: str) -> _Host:
    parts = urlsplit(base)
    tls = parts.scheme == "https"
    return _Host(parts.hostname or "", parts.port or (443 if tls else 80), tls, b"host: %s\r\n" % parts.netloc.encode(), parts.path)


def _freshest(host: _Host) -> Connection | None:
    while host.idle:
        connection = host.idle.pop()
        if not _is_stale(connection):
            return connection
        connection.abort()
    return None


def _is_stale(connection: Connection) -> bool:
    return not connection.is_open or monotonic() - connection.idle_since > _KEEP_ALIVE_SECONDS


def _is_encoded(answer: Connection) -> bool:
    return any(name == b"content-encoding" and value.lower() != b"identity" for name, value in answer.headers)


async def chunks(answer: Connection) -> AsyncIterator[bytes]:
    """The answer's body as it comes. Raises UpstreamFailed where it breaks off."""
    try:
        while chunk := await answer.chunk():
            yield chunk
    except BrokenAnswer:
        raise UpstreamFailed(ProviderUnreachable(), reached=True) from None


async def whole(answer: Connection) -> bytes:
    """The answer's whole body. Raises UpstreamFailed where it breaks off or is beyond all measure."""
    parts, size = [], 0
    try:
        while chunk := await answer.chunk():
            parts.append(chunk)
            size += len(chunk)
            if size > MAX_ANSWER_BYTES:
                raise UpstreamFailed(ProviderUnreachable("The provider's answer is too large."), reached=True)
    except BrokenAnswer:
        raise UpstreamFailed(ProviderUnreachable(), reached=True) from None
    return parts[0] if len(parts) == 1 else b"".join(parts)


def request_headers(call: Call, request: Request) -> list[bytes]:
    """What goes to the provider, but for the key, as whole lines: fixed headers, and the caller's that the provider's list names."""
    fixed = _fixed(call.provider.id, call.streams, call.facts.method == "POST", call.door != "passthrough")
    lines = list(fixed.values())
    for name in _lists(call.provider.id).up:
        value = request.header(name)
        if value is not None and name not in fixed and value.isascii() and value.isprintable():
            lines.append(b"%s: %s\r\n" % (name, value.encode()))
    return lines


def header_line(name: str, value: str) -> bytes:
    """One header line. Raises ValueError for a value that would end it early."""
    if not (value.isascii() and value.isprintable()):
        raise ValueError("not a header value")
    return f"{name}: {value}\r\n".encode("ascii")


def media_type(answer: Connection) -> bytes:
    """The answer's media type, in lower case, without parameters."""
    for name, value in answer.headers:
        if name == b"content-type":
            return value.partition(b";")[0].strip().lower()
    return b""


def response_headers(provider: Provider, answer: Connection) -> list[Header]:
    """What comes back from the provider: the media type, and the headers its list names, but for those of this one hop."""
    lists = _lists(provider.id)
    passed = [header for header in answer.headers if header[0] in lists.down or header[0].startswith(lists.down_starts)]
    for name, value in answer.headers:
        if name == b"connection" and value.lower() not in {b"keep-alive", b"close"}:
            nominated = {option.strip() for option in value.lower().split(b",")}
            passed = [header for header in passed if header[0] not in nominated]
    if not any(name == b"content-type" for name, _ in passed):
        passed.append((b"content-type", b"application/json"))
    return passed


@dataclass(frozen=True, slots=True)
class _Lists:
    """Names of the headers that pass, up and down, as bytes; and what names of those that pass down may begin with."""

    up: tuple[bytes, ...]
    down: frozenset[bytes]
    down_starts: tuple[bytes, ...]


@cache
def _lists(provider_id: str) -> _Lists:
    provider = _known(provider_id)
    down = provider.response_headers
    exact = [name.encode() for name in down if not name.endswith("*")]
    starts = tuple(name[:-1].encode() for name in down if name.endswith("*"))
    return _Lists(tuple(name.encode() for name in provider.request_headers), frozenset([*exact, b"content-type"]), starts)


@cache
def _fixed(provider_id: str, streams: bool, has_body: bool, is_translated: bool) -> dict[bytes, bytes]:
    """The headers we set ourselves: their lines, by name."""
    accept = "text/event-stream" if streams else "application/json"
    fixed = {"user-agent": "1Relay", "accept-encoding": "identity", "accept": accept}
    if has_body:
        fixed["content-type"] = "application/json"
    if is_translated:
        fixed |= {header.name.lower(): header.value for header in _known(provider_id).fixed_headers}
    return {name.encode(): header_line(name, value) for name, value in fixed.items()}


def _known(provider_id: str) -> Provider:
    provider = registry.provider(provider_id)
    assert provider is not None
    return provider
