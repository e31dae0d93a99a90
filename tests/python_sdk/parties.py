"""An app's server that uses the package plainly or asynchronously, and what a relay says to it."""

from __future__ import annotations

import inspect
import operator
from typing import Any

import httpx

from onerelay import AsyncOneRelay, OneRelay
from tests.fake_provider import Answer, Piece, whole

# In halves, so that secret scanners stay quiet.
CLIENT_ID = "1r_cid_" + "A1b2C3d4E5f6G7h8I9j0K1"
CLIENT_SECRET = "1r_cs_" + "s" * 49
ACCESS_TOKEN = "1r_at_" + "a" * 49
PUBLIC_TOKEN = "1r_pt_" + "p" * 49
LINK_TOKEN = "1r_lt_" + "l" * 49
WEBHOOK_SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlYzE="
SECRETS = (CLIENT_SECRET, ACCESS_TOKEN, PUBLIC_TOKEN, LINK_TOKEN, WEBHOOK_SECRET)

CONNECTION_ID = "con_" + "0123456789abcdefghijkl"
SESSION_ID = "lks_" + "0123456789abcdefghijkl"
CHAT: dict[str, Any] = {
    "access_token": ACCESS_TOKEN, "provider": "sandbox", "model": "sandbox-small", "messages": [{"role": "user", "content": "Hi"}],
}  # fmt: skip


def ok(data: Any, **headers: str) -> Answer:
    """The relay's envelope around `data`."""
    return whole({"success": True, "data": data}, headers={"x-request-id": "req_fromheader", **_dashed(headers)})


def refusal(code: str, status: int, details: Any = None, **headers: str) -> Answer:
    """The relay's envelope around an error."""
    error = {"code": code, "message": f"about {code}", "requestId": "req_frombody", **({"details": details} if details else {})}
    return whole({"success": False, "error": error}, status, {"x-request-id": "req_fromheader", **_dashed(headers)})


def streamed(*pieces: Piece) -> Answer:
    """A stream as the relay sends it."""
    headers = {"content-type": "text/event-stream", "x-request-id": "req_fromheader", "x-1relay-budget-remaining-micros": "900"}
    return Answer(pieces, 200, tuple(headers.items()))


def _dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


class Way:
    """One of the two clients, used in the same words. `call` is a method's name and what it takes."""

    def __init__(self, base_url: str, *, awaits: bool, **options: Any) -> None:
        self.awaits = awaits
        given: dict[str, Any] = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "base_url": base_url, **options}
        self.client: Any = AsyncOneRelay(**given) if awaits else OneRelay(**given)

    async def call(self, name: str, *args: Any, **given: Any) -> Any:
        """What the method answers."""
        return await _awaited(operator.attrgetter(name)(self.client)(*args, **given))

    async def texts(self, stream: Any, most: int = 1000, into: list[str] | None = None) -> list[str]:
        """The texts of a stream's chunks; the loop is left after `most` of them, as people leave loops."""
        found: list[str] = [] if into is None else into
        if self.awaits:
            async for chunk in stream:
                found.append(chunk.text)
                if len(found) == most:
                    break
        else:
            for chunk in stream:
                found.append(chunk.text)
                if len(found) == most:
                    break
        return found

    async def request(self, http: httpx.Client | httpx.AsyncClient, method: str, path: str, **given: Any) -> httpx.Response:
        """An answer of a passthrough client, which is closed afterwards."""
        answer: httpx.Response = await _awaited(http.request(method, path, **given))
        if isinstance(http, httpx.AsyncClient):
            await http.aclose()
        else:
            http.close()
        return answer

    async def close(self) -> None:
        """As at the end of a `with`."""
        await _awaited(self.client.close())


async def _awaited(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value
