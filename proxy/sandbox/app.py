"""The sandbox as an ASGI application: routes, keys that choose a failure, and the pace of its streams."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import orjson

from proxy.sandbox.answers import Completion, Refused, check_model, complete, embed, model_entry, model_list

if TYPE_CHECKING:
    from proxy.request import Receive, Send

_KEY: Final = "sandbox-key-"
PAUSE_SECONDS: Final = 0.01
SLOW_PAUSE_SECONDS: Final = 0.5
_REFUSALS: Final = {
    "invalid": (401, "Incorrect API key provided.", "invalid_request_error", "invalid_api_key"),
    "quota": (
        429,
        "You exceeded your current quota, please check your plan and billing details.",
        "insufficient_quota",
        "insufficient_quota",
    ),
    "rate-limited": (429, "Rate limit reached for requests.", "requests", "rate_limit_exceeded"),
    "server-error": (500, "The server had an error while processing your request.", "server_error", None),
}
_WORKING: Final = ("works", "slow", "cut")


class _Cut(Exception):
    """The connection is to break here."""


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Answer one request; a `cut` key's answer is left unfinished, so that the server drops the connection."""
    try:
        behaviour = _behaviour(dict(scope["headers"]))
        await _route(scope, receive, send, behaviour)
    except Refused as refused:
        headers = [("retry-after", "1")] if refused.status == 429 else []
        await _send_json(send, refused.status, refused.body, headers)
    except _Cut:
        return


def _behaviour(headers: dict[bytes, bytes]) -> str:
    given = headers.get(b"authorization", b"").decode("latin-1").removeprefix("Bearer ")
    behaviour = given.removeprefix(_KEY) if given.startswith(_KEY) else "invalid"
    if behaviour not in _WORKING:
        raise Refused(*_REFUSALS.get(behaviour, _REFUSALS["invalid"]))
    return behaviour


async def _route(scope: dict[str, Any], receive: Receive, send: Send, behaviour: str) -> None:
    method, path = scope["method"], scope["path"]
    if (method, path) == ("POST", "/v1/chat/completions"):
        body = await _body(receive)
        completion = complete(body)
        if body.get("stream") is True:
            await _stream(send, completion, behaviour)
        else:
            await _send_completion(send, completion, behaviour)
    elif (method, path) == ("POST", "/v1/embeddings"):
        await _send_json(send, 200, embed(await _body(receive)))
    elif (method, path) == ("GET", "/v1/models"):
        await _send_json(send, 200, model_list())
    elif method == "GET" and path.startswith("/v1/models/"):
        await _send_json(send, 200, model_entry(check_model(path.removeprefix("/v1/models/"))))
    else:
        raise Refused(404, f"Unknown request: {method} {path}", "invalid_request_error", None)


async def _body(receive: Receive) -> dict[str, Any]:
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    try:
        body = orjson.loads(b"".join(parts))
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise Refused(400, "The body must be a JSON object.", "invalid_request_error", None)
    return body


async def _send_completion(send: Send, completion: Completion, behaviour: str) -> None:
    if behaviour == "slow":
        await asyncio.sleep(SLOW_PAUSE_SECONDS * 4)
    body = orjson.dumps(completion.as_json())
    await _start(send, 200, [("content-type", "application/json"), ("content-length", str(len(body)))])
    if behaviour == "cut":
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        raise _Cut
    await send({"type": "http.response.body", "body": body})


async def _stream(send: Send, completion: Completion, behaviour: str) -> None:
    chunks = completion.chunks()
    pause = SLOW_PAUSE_SECONDS if behaviour == "slow" else PAUSE_SECONDS
    await _start(send, 200, [("content-type", "text/event-stream")])
    for number, chunk in enumerate(chunks):
        if behaviour == "cut" and number >= len(chunks) // 2:
            raise _Cut
        event = b"data: " + orjson.dumps(chunk) + b"\n\n"
        await send({"type": "http.response.body", "body": event, "more_body": True})
        await asyncio.sleep(pause)
    await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})


async def _send_json(send: Send, status: int, body: object, headers: list[tuple[str, str]] | None = None) -> None:
    text = orjson.dumps(body)
    await _start(send, status, [("content-type", "application/json"), ("content-length", str(len(text))), *(headers or [])])
    await send({"type": "http.response.body", "body": text})


async def _start(send: Send, status: int, headers: list[tuple[str, str]]) -> None:
    lines = [(name.encode(), value.encode()) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": lines})
