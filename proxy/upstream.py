"""The one way out: a pooled HTTP client for the hosts in spec/providers.json, its headers and time-outs, its failures."""

from __future__ import annotations

import asyncio
from io import BytesIO
from typing import TYPE_CHECKING, Final

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from proxy.heavy import LIGHT_BYTES
from relay.core.errors import ApiError, ProviderTimeout, ProviderUnreachable
from relay.providers.registry import upstream_base

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from multidict import CIMultiDictProxy

    from proxy.parse import Call
    from proxy.request import Request
    from relay.providers.facts import Provider

CONNECT_SECONDS: Final = 10.0
FIRST_BYTE_SECONDS: Final = 600.0
"""Reasoning models answer late; provider SDKs themselves wait ten minutes (openai-python 3.54)."""
MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
_KEEP_ALIVE_SECONDS: Final = 15.0
_SKIPPED: Final = frozenset({"User-Agent", "Accept", "Accept-Encoding", "Content-Type"})


class UpstreamFailed(Exception):
    """No whole answer came. `reached`: whether the provider can have begun the call, and so can charge for it."""

    def __init__(self, error: ApiError, *, reached: bool) -> None:
        self.error = error
        self.reached = reached
        super().__init__(error.code)


class Client:
    """One process's connections to all providers."""

    def __init__(self, own_bases: dict[str, str]) -> None:
        """`own_bases`: addresses of the providers that this process serves itself."""
        timeout = aiohttp.ClientTimeout(sock_connect=CONNECT_SECONDS, sock_read=FIRST_BYTE_SECONDS)
        self._own_bases = own_bases
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_SECONDS, ttl_dns_cache=60),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=timeout,
            auto_decompress=False,
            trust_env=False,
            skip_auto_headers=_SKIPPED,
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    async def send(self, call: Call, body: bytes, headers: CIMultiDict[str]) -> aiohttp.ClientResponse:
        """Send the call and wait for the answer's headers; nothing is retried, no redirect followed.

        Raises UpstreamFailed.
        """
        base = upstream_base(call.provider) or self._own_bases.get(call.provider.id)
        if base is None:
            raise UpstreamFailed(ProviderUnreachable(), reached=False)
        query = f"?{call.query}" if call.query else ""
        try:
            answer = await self._session.request(
                call.facts.method,
                URL(f"{base}{call.path}{query}", encoded=True),
                data=BytesIO(body) if len(body) > LIGHT_BYTES else body or None,  # piece by piece, between other calls
                headers=headers,
                allow_redirects=False,
            )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            raise UpstreamFailed(ProviderUnreachable(), reached=False) from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise UpstreamFailed(_named(error), reached=True) from None
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            answer.close()
            raise UpstreamFailed(ProviderUnreachable("The provider's answer came encoded, unasked."), reached=True)
        return answer


async def chunks(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The answer's body as it comes. Raises UpstreamFailed where it breaks off."""
    content = answer.content
    try:
        while chunk := await content.readany():
            yield chunk
    except (aiohttp.ClientError, TimeoutError) as error:
        raise UpstreamFailed(_named(error), reached=True) from None


async def whole(answer: aiohttp.ClientResponse) -> bytes:
    """The answer's whole body. Raises UpstreamFailed where it breaks off or is beyond all measure."""
    parts, size = [], 0
    async for chunk in chunks(answer):
        parts.append(chunk)
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            raise UpstreamFailed(ProviderUnreachable("The provider's answer is too large."), reached=True)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def request_headers(call: Call, request: Request) -> CIMultiDict[str]:
    """What goes to the provider, but for the key: fixed headers, and the caller's that the provider's list names."""
    headers = CIMultiDict({"User-Agent": "1Relay", "Accept-Encoding": "identity"})
    headers["Accept"] = "text/event-stream" if call.streams else "application/json"
    if call.facts.method == "POST":
        headers["Content-Type"] = "application/json"
    for name in call.provider.request_headers:
        value = request.header(name.encode())
        if value is not None and value.isascii() and value.isprintable():
            headers[name] = value
    for fixed in call.provider.fixed_headers if call.door != "passthrough" else ():
        headers[fixed.name] = fixed.value
    return headers


def response_headers(provider: Provider, given: CIMultiDictProxy[str]) -> list[tuple[str, str]]:
    """What comes back from the provider: the media type, and the headers its list names."""
    exact = {name for name in provider.response_headers if not name.endswith("*")}
    starts = tuple(name[:-1] for name in provider.response_headers if name.endswith("*"))
    passed = [("content-type", given.get("Content-Type", "application/json"))]
    for name, value in given.items():
        lower = name.lower()
        if lower in exact or (starts and lower.startswith(starts)):
            passed.append((lower, value))
    return passed


def _named(error: Exception) -> ApiError:
    return ProviderTimeout() if isinstance(error, asyncio.TimeoutError) else ProviderUnreachable()
