"""The proxy's ASGI application, called by hand: no server, no database, no process started.

A request that would be sent on is answered with service_unavailable here, so nothing can be refused by accident.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from proxy import asgi
from proxy.liveness import Watch
from relay.crypto import tokens

TOKEN = tokens.mint_token(tokens.ACCESS_TOKEN)
SENT_ON = "service_unavailable"

HELLO = [{"role": "user", "content": "Hello"}]
CHAT = {"model": "gpt-4o-mini", "messages": HELLO}
CLAUDE = {"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": HELLO}
GEMINI = {"contents": [{"parts": [{"text": "Hello"}]}]}
GENERATE = "/v1beta/models/gemini-2.5-flash:generateContent"


@dataclass(frozen=True)
class Answered:
    """One whole answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The relay's code of the error, wherever the door's clients look for one."""
        return self.headers["x-1relay-error"]


def request(
    method: str,
    target: str,
    body: bytes | Iterable[bytes] | dict[str, Any] = b"",
    token: str | None = TOKEN,
    **headers: str,
) -> Answered:
    """One request; header names with underscores for dashes. `body` may come in pieces."""
    lines = {"content-type": "application/json", **{name.replace("_", "-").lower(): value for name, value in headers.items()}}
    if token is not None:
        lines["authorization"] = f"Bearer {token}"
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in lines.items()],
    }
    pieces = iter([data] if isinstance(data, bytes) else data)
    return asyncio.run(_run(scope, pieces))


async def _run(scope: dict[str, Any], pieces: Any) -> Answered:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        piece = next(pieces, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    async def send(message: Any) -> None:
        sent.append(message)

    of_a_server, asgi._process.watch = asgi._process.watch, Watch()  # a server may run beside this, in a loop of its own
    try:
        asgi._process.watch.start()
        await asgi.application(scope, receive, send)
        await asgi._process.watch.stop(0)
    finally:
        asgi._process.watch = of_a_server
    start, *rest = sent
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answered(start["status"], headers, b"".join(message.get("body", b"") for message in rest))


def passthrough(name: str, target: str, body: dict[str, Any]) -> Answered:
    """A POST to a provider's own call."""
    return request("POST", f"/v1/proxy/passthrough/{name}{target}", body)
