"""The edge where bytes go out and come in, once plain and once asynchronous; everything else is decided elsewhere."""

from __future__ import annotations

import logging
import time
from typing import Any, Final

import anyio
import httpx

from onerelay._answers import Headers, Received, body_of, data_of, failure_of
from onerelay._calls import Call, Lost, checked_base_url, lost, pause_before_retry, too_late
from onerelay.errors import ConnectionFailedError

log: Final = logging.getLogger("onerelay")


class Collected:
    """A body as it comes, which has to be whole within the call’s time."""

    def __init__(self, call: Call) -> None:
        self._parts: list[bytes] = []
        self._until = time.monotonic() + call.timeout

    def is_late(self, part: bytes) -> bool:
        """Keep `part`; whether the time is over."""
        self._parts.append(part)
        return time.monotonic() > self._until

    def received(self, response: httpx.Response) -> Received:
        """The whole answer."""
        return Received(response.status_code, response.headers, b"".join(self._parts))


def is_event_stream(response: httpx.Response) -> bool:
    """Whether the answer is what a streamed call asked for."""
    return response.is_success and response.headers.get("content-type", "").startswith("text/event-stream")


def note(call: Call, outcome: httpx.Response | Received | Lost, began: float) -> None:
    """One line for each attempt: no body, no header, no query string."""
    status = type(outcome.error).__name__ if isinstance(outcome, Lost) else str(_status(outcome))
    request_id = "-" if isinstance(outcome, Lost) else outcome.headers.get("x-request-id", "-")
    path = call.path.partition("?")[0]
    log.debug("%s %s %s %s %.0f ms", call.method, path, status, request_id, (time.monotonic() - began) * 1000)


def _status(outcome: httpx.Response | Received) -> int:
    return outcome.status_code if isinstance(outcome, httpx.Response) else outcome.status


def stream_or_error(outcome: httpx.Response | Received | Lost) -> httpx.Response:
    """The answer that streams. Raises what another one stands for."""
    if isinstance(outcome, httpx.Response):
        return outcome
    raise _error(outcome, "The relay answered without a stream.")


def data_or_error(outcome: httpx.Response | Received | Lost) -> tuple[Any, Headers]:
    """The envelope’s data and the answer’s headers. Raises what it stands for otherwise."""
    if isinstance(outcome, Received):
        return data_of(outcome), outcome.headers
    raise _error(outcome, "The relay answered with a stream.")


def body_or_error(outcome: httpx.Response | Received | Lost, provider: str) -> tuple[Any, Headers]:
    """A provider’s good answer, as it is, and its headers. Raises what it stands for otherwise."""
    if isinstance(outcome, Received):
        return body_of(outcome, provider), outcome.headers
    raise _error(outcome, "The relay answered with a stream.")


def _error(outcome: httpx.Response | Received | Lost, otherwise: str) -> Exception:
    if isinstance(outcome, Lost):
        return outcome.error
    if isinstance(outcome, Received) and not outcome.is_good:
        return failure_of(outcome)
    return ConnectionFailedError(otherwise)


class Sender:
    """Sends calls to one relay and tries again what may be tried again. Redirects are not followed: credentials go to `base_url` alone."""

    def __init__(self, base_url: str, transport: httpx.BaseTransport | None, max_retries: int) -> None:
        self.base_url = checked_base_url(base_url)
        self.http = httpx.Client(transport=transport, follow_redirects=False)
        self._max_retries = max_retries

    def send(self, call: Call, *, streams: bool = False) -> httpx.Response | Received | Lost:
        """The first outcome that is not worth another attempt; a live response only where `streams`. Raises UsageError alone."""
        attempt = 0
        while True:
            outcome = self._attempt(call, streams)
            pause = None if isinstance(outcome, httpx.Response) else pause_before_retry(call, outcome, attempt)
            if pause is None or attempt >= self._max_retries:
                return outcome
            time.sleep(pause)
            attempt += 1

    def _attempt(self, call: Call, streams: bool) -> httpx.Response | Received | Lost:
        request, began = call.request(self.base_url), time.monotonic()
        outcome: httpx.Response | Received | Lost
        try:
            response = self.http.send(request, stream=True)
            outcome = response if streams and is_event_stream(response) else self._whole(call, response)
        except httpx.HTTPError as error:
            outcome = lost(error, call.timeout)
        note(call, outcome, began)
        return outcome

    def _whole(self, call: Call, response: httpx.Response) -> Received | Lost:
        collected = Collected(call)
        try:
            for part in response.iter_bytes():
                if collected.is_late(part):
                    return too_late(call.timeout)
        finally:
            response.close()
        return collected.received(response)


class AsyncSender:
    """The same, awaited."""

    def __init__(self, base_url: str, transport: httpx.AsyncBaseTransport | None, max_retries: int) -> None:
        self.base_url = checked_base_url(base_url)
        self.http = httpx.AsyncClient(transport=transport, follow_redirects=False)
        self._max_retries = max_retries

    async def send(self, call: Call, *, streams: bool = False) -> httpx.Response | Received | Lost:
        """The first outcome that is not worth another attempt; a live response only where `streams`. Raises UsageError alone."""
        attempt = 0
        while True:
            outcome = await self._attempt(call, streams)
            pause = None if isinstance(outcome, httpx.Response) else pause_before_retry(call, outcome, attempt)
            if pause is None or attempt >= self._max_retries:
                return outcome
            await anyio.sleep(pause)
            attempt += 1

    async def _attempt(self, call: Call, streams: bool) -> httpx.Response | Received | Lost:
        request, began = call.request(self.base_url), time.monotonic()
        outcome: httpx.Response | Received | Lost
        try:
            response = await self.http.send(request, stream=True)
            outcome = response if streams and is_event_stream(response) else await self._whole(call, response)
        except httpx.HTTPError as error:
            outcome = lost(error, call.timeout)
        note(call, outcome, began)
        return outcome

    async def _whole(self, call: Call, response: httpx.Response) -> Received | Lost:
        collected = Collected(call)
        try:
            async for part in response.aiter_bytes():
                if collected.is_late(part):
                    return too_late(call.timeout)
        finally:
            await response.aclose()
        return collected.received(response)
