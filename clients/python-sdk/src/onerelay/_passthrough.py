"""A provider’s own API through the relay, as an httpx client that sends the access token nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from onerelay._credentials import Credential
from onerelay.errors import UsageError


class _GrantAuth(httpx.Auth):
    def __init__(self, credential: Credential, base_url: str) -> None:
        credential.check()
        self._credential = credential
        self._base = httpx.URL(base_url)

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]  # its Generator is never sent to
        here, there = self._base, request.url
        same_relay = (here.scheme, here.host, here.port) == (there.scheme, there.host, there.port)
        if not same_relay or not there.path.startswith(f"{here.path}/"):
            raise UsageError("This client calls one provider through the relay. Give it paths, such as /v1/models, not whole addresses.")
        request.headers["Authorization"] = self._credential.header
        yield request


class _Through(httpx.BaseTransport):
    """Sends by the client’s own connections, and leaves them open."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._http.send(request, stream=True)


class _AsyncThrough(httpx.AsyncBaseTransport):
    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._http.send(request, stream=True)


def passthrough(http: httpx.Client, base_url: str, credential: Credential, timeout: float) -> httpx.Client:
    """A client whose connections are those of `http`."""
    return httpx.Client(base_url=base_url, auth=_GrantAuth(credential, base_url), timeout=timeout, transport=_Through(http))


def async_passthrough(http: httpx.AsyncClient, base_url: str, credential: Credential, timeout: float) -> httpx.AsyncClient:
    """A client whose connections are those of `http`."""
    return httpx.AsyncClient(base_url=base_url, auth=_GrantAuth(credential, base_url), timeout=timeout, transport=_AsyncThrough(http))
