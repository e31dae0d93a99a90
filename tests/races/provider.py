"""A provider that keeps its own books: what it served, what it wrote before it was cut off, what it charges for that.

Every prompt says what is to become of its call (`Order`). OpenAI's chat completions; gpt-4o's prices (openai.com/api/pricing,
2025-08): 2,500 nano-dollars a token in, 10,000 out. A call that ends early is charged for what had been written by then.
"""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import asdict, dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal, Self

from aiohttp import web

from tests.fake_provider import chat_answer, chat_chunk, usage_chunk

if TYPE_CHECKING:
    from types import TracebackType

INPUT_NANOS, OUTPUT_NANOS = 2_500, 10_000
TOKENS_A_SECOND = 60
"""How fast a call is written that somebody may break off; others are written in `seconds`."""
_TOKENS_A_CHUNK = 25

Fate = Literal["whole", "reset", "error"]


@dataclass(frozen=True, slots=True)
class Order:
    """What a prompt asks for: a call's name, how many tokens it would write if it may, in how long, and how it ends."""

    tag: str
    tokens: int
    seconds: float
    fate: Fate = "whole"

    def prompt(self) -> str:
        """The order as the text of a message."""
        return json.dumps(asdict(self))


@dataclass(slots=True)
class Served:
    """One call in the provider's books."""

    tag: str
    prompt_tokens: int
    limit: int | None
    written: int = 0
    finished: bool = False
    free: bool = False

    @property
    def charge_nanos(self) -> int:
        """What its user owes the provider."""
        return 0 if self.free else self.prompt_tokens * INPUT_NANOS + self.written * OUTPUT_NANOS


class CountingProvider:
    """The server, in a thread of its own."""

    def __init__(self) -> None:
        self.served: list[Served] = []
        self.base = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def books(self, prefix: str) -> dict[str, Served]:
        """The calls whose tags begin so, by tag; none came twice."""
        found = [one for one in self.served if one.tag.startswith(prefix)]
        by_tag = {one.tag: one for one in found}
        assert len(by_tag) == len(found), "a call was sent twice"
        return by_tag

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._complete)
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, backlog=512)
        await site.start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _stop(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        prompt = body["messages"][0]["content"]
        order = Order(**json.loads(prompt))
        call = Served(order.tag, len(prompt) // 4, body.get("max_completion_tokens") or body.get("max_tokens"))
        self.served.append(call)
        if order.fate == "error":
            call.free = True
            return web.json_response({"error": {"message": "overloaded"}}, status=500)
        tokens = min(order.tokens, call.limit or order.tokens)
        if body.get("stream"):
            return await _stream(request, order, call, tokens)
        return await _whole(request, order, call, tokens)


async def _whole(request: web.Request, order: Order, call: Served, tokens: int) -> web.StreamResponse:
    """Writes unseen; cut off, it has written for as long as it had."""
    began = monotonic()
    try:
        await asyncio.sleep(order.seconds / 2 if order.fate == "reset" else order.seconds)
    except asyncio.CancelledError:
        call.written = min(tokens, int((monotonic() - began) * TOKENS_A_SECOND))
        raise
    if order.fate == "reset":
        call.written = min(tokens, int((monotonic() - began) * TOKENS_A_SECOND))
        return _reset(request)
    call.written, call.finished = tokens, True
    return web.json_response(chat_answer(call.prompt_tokens, tokens))


async def _stream(request: web.Request, order: Order, call: Served, tokens: int) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await answer.prepare(request)
    await _send(answer, chat_chunk(""))
    chunks = -(-tokens // _TOKENS_A_CHUNK)
    for number in range(chunks):
        if order.fate == "reset" and number > chunks // 2:
            return _reset(request)
        size = min(_TOKENS_A_CHUNK, tokens - call.written)
        call.written += size
        await _send(answer, chat_chunk("word " * size))
        await asyncio.sleep(order.seconds / chunks)
    call.finished = True
    await _send(answer, usage_chunk(call.prompt_tokens, tokens))
    await answer.write(b"data: [DONE]\n\n")
    return answer


async def _send(answer: web.StreamResponse, chunk: dict[str, Any]) -> None:
    await answer.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")


def _reset(request: web.Request) -> web.StreamResponse:
    """Break the connection off."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()
