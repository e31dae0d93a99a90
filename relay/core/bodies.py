"""Takes a request's body whole, within a limit and a minute, before Django sees it: Django itself spools any length to disk.

A body that comes in chunks gets a Content-Length, without which REST framework would take it for an empty one.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import orjson

from . import envelope, ids
from .errors import ApiError, BodyTooLarge, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Any, Any, Any], Awaitable[None]]


BODY_SECONDS = 60.0


def bounded(application: Application, most_bytes: int) -> Application:
    """The same ASGI application, for http requests whose bodies have at most `most_bytes`; others get body_too_large,
    those that take longer than BODY_SECONDS to arrive invalid_request.
    """

    async def bounded_application(scope: Message, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length", b"0")
        try:
            if declared.isdigit() and int(declared) > most_bytes:
                raise BodyTooLarge
            async with asyncio.timeout(BODY_SECONDS):
                body = await _read(receive, most_bytes)
        except BodyTooLarge as error:
            await _refuse(error, headers, send)
            return
        except TimeoutError:
            await _refuse(InvalidRequest(f"The body did not arrive within {BODY_SECONDS:.0f} seconds."), headers, send)
            return
        except _ClientGone:
            return
        framing = {b"content-length", b"transfer-encoding"}
        kept = [header for header in scope["headers"] if header[0] not in framing]
        length = [(b"content-length", str(len(body)).encode())] if body or b"content-length" in headers else []
        await application({**scope, "headers": kept + length}, _replay(body, receive), send)

    return bounded_application


class _ClientGone(Exception):
    """The caller left before the body was whole: nothing is done, nobody is answered."""


async def _read(receive: Receive, most_bytes: int) -> bytes:
    """The whole body. Raises BodyTooLarge, _ClientGone."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientGone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most_bytes:
            raise BodyTooLarge
        if not message.get("more_body"):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body at once, then what the server has to say."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return left.pop() if left else await receive()

    return replayed


async def _refuse(error: ApiError, headers: dict[bytes, bytes], send: Send) -> None:
    request_id = ids.request_id(headers.get(b"x-request-id", b"").decode("latin-1"))
    body = orjson.dumps(envelope.failure(error, request_id))
    lines = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-request-id", request_id.encode()),
    ]
    await send({"type": "http.response.start", "status": error.status, "headers": lines})
    await send({"type": "http.response.body", "body": body})
