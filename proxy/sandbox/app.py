"""The sandbox as an ASGI application: routes, keys that choose a failure, and the pace of its streams."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

import orjson

from proxy.sandbox.answers import Completion, Refused, check_model, complete, embed, model_entry, model_list
from relay.providers.sandbox_outcomes import outcome_of, outcomes

if TYPE_CHECKING:
    from proxy.request import Receive, Send
    from relay.providers.sandbox_outcomes import Outcome

PAUSE_SECONDS: Final = 0.01
SLOW_PAUSE_SECONDS: Final = 0.5


class _Cut(Exception):
    """The connection is to break here."""


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Answer one request; what is cut is left unfinished, so that the server drops the connection."""
    try:
        behaviour = _behaviour(dict(scope["headers"]))
        await _route(scope, receive, send, behaviour)
    except Refused as refused:
        headers = [("retry-after", "1")] if refused.status in {429, 503} else []
        await _send_json(send, refused.status, refused.body, headers)
    except _Cut:
        return


def _behaviour(headers: dict[bytes, bytes]) -> str:
    key = headers.get(b"authorization", b"").decode("latin-1").removeprefix("Bearer ")
    outcome = outcome_of(key, time.time())
    if outcome.answer is not None:
        raise _refused(outcome)
    return outcome.behaviour


def _refused(outcome: Outcome) -> Refused:
    answer = outcome.answer or {}
    return Refused(answer["status"], answer["message"], answer["type"], answer["code"])


async def _route(scope: dict[str, Any], receive: Receive, send: Send, behaviour: str) -> None:
    method, path = scope["method"], scope["path"]
    if behaviour == "unreachable":  # a head must go first: without one the server would answer for us
        await _start(send, 200, [("content-type", "application/json"), ("content-length", "2")])
        raise _Cut
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
    if behaviour == "stream-error":
        raise _refused(outcomes()["server-error"])
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
        if number >= len(chunks) // 2 and behaviour == "cut":
            raise _Cut
        if number >= len(chunks) // 2 and behaviour == "stream-error":
            await send({"type": "http.response.body", "body": _event(_refused(outcomes()["server-error"]).body)})
            return
        await send({"type": "http.response.body", "body": _event(chunk), "more_body": True})
        await asyncio.sleep(pause)
    await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(data) + b"\n\n"


async def _send_json(send: Send, status: int, body: object, headers: list[tuple[str, str]] | None = None) -> None:
    text = orjson.dumps(body)
    await _start(send, status, [("content-type", "application/json"), ("content-length", str(len(text))), *(headers or [])])
    await send({"type": "http.response.body", "body": text})


async def _start(send: Send, status: int, headers: list[tuple[str, str]]) -> None:
    lines = [(name.encode(), value.encode()) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": lines})
