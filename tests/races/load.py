"""The apps in a race: many calls at once, through every door, some of which leave before they are answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

import aiohttp

from tests.races.provider import Fate, Order

Door = Literal["chat", "openai", "passthrough"]
DOORS: tuple[Door, ...] = ("chat", "openai", "passthrough")
_PATHS = {
    "chat": "/v1/proxy/chat/completions",
    "openai": "/v1/openai/chat/completions",
    "passthrough": "/v1/proxy/passthrough/openai/v1/chat/completions",
}
_WHOLE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Ask:
    """One call: what it asks for, how, when, and after how many seconds its client leaves, if it does."""

    order: Order
    door: Door
    streams: bool
    limit: int | None
    after: float
    leaves: float | None = None

    def body(self) -> dict[str, Any]:
        """The request for gpt-4o."""
        names = {
            "chat": {"provider": "openai", "model": "gpt-4o"},
            "openai": {"model": "openai/gpt-4o"},
            "passthrough": {"model": "gpt-4o"},
        }
        bound = {"max_tokens": self.limit} if self.limit else {}
        return {**names[self.door], "messages": [{"role": "user", "content": self.order.prompt()}], "stream": self.streams, **bound}


@dataclass(frozen=True, slots=True)
class Got:
    """What came of it. `status` is 0 where the connection broke, -1 where its client left; `tokens` None unless it came whole."""

    ask: Ask
    status: int
    code: str = ""
    tokens: int | None = None

    @property
    def is_full(self) -> bool:
        """Whether all that was asked for has come."""
        return self.status == 200 and self.tokens == self.ask.order.tokens


def asks(
    seed: int,
    prefix: str,
    calls: int,
    *,
    tokens: int,
    limits: Iterable[int | None],
    within: float = 0.0,
    seconds: float = 0.3,
    fates: Iterable[Fate] = ("whole",),
    leaving: float = 0.0,
) -> list[Ask]:
    """Calls drawn by a seed: doors, streams, limits and fates at random, begun `within` seconds; a share of them is `leaving`."""
    drawn = Random(seed)
    of_limits, of_fates = list(limits), list(fates)
    return [
        Ask(
            order=Order(f"{prefix}-{number:05}", tokens, seconds * drawn.uniform(0.5, 1.5), drawn.choice(of_fates)),
            door=drawn.choice(DOORS),
            streams=drawn.random() < 0.5,
            limit=drawn.choice(of_limits),
            after=drawn.random() * within,
            leaves=drawn.random() * 2 * seconds if drawn.random() < leaving else None,
        )
        for number in range(calls)
    ]


def run(asked: list[Ask], token: str, bases: Callable[[], list[str]]) -> list[Got]:
    """Make all the calls, each through one of the relays that run when it begins; returns when every one has ended."""

    async def all_of_them() -> list[Got]:
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        async with aiohttp.ClientSession(connector=connector, headers={"Authorization": f"Bearer {token}"}) as session:
            return await asyncio.gather(*(_make(session, ask, number, bases) for number, ask in enumerate(asked)))

    return asyncio.run(all_of_them())


async def _make(session: aiohttp.ClientSession, ask: Ask, number: int, bases: Callable[[], list[str]]) -> Got:
    await asyncio.sleep(ask.after)
    running = bases()
    try:
        async with asyncio.timeout(ask.leaves or _WHOLE_SECONDS):
            return await _answer(session, ask, running[number % len(running)])
    except TimeoutError:
        assert ask.leaves is not None, "a call was not answered at all"
        return Got(ask, -1)
    except aiohttp.ClientError:
        return Got(ask, 0)


async def _answer(session: aiohttp.ClientSession, ask: Ask, base: str) -> Got:
    headers = {"X-Request-Id": ask.order.tag}
    async with session.post(base + _PATHS[ask.door], json=ask.body(), headers=headers) as answer:
        data = await answer.read()
        if answer.content_type == "text/event-stream":
            return Got(ask, answer.status, *_of_stream(data))
        said = json.loads(data)
        if answer.status != 200:
            return Got(ask, answer.status, str(said["error"].get("code", "")))
        said = said["data"] if ask.door == "chat" else said
        return Got(ask, 200, "", said["usage"]["completion_tokens"])


def _of_stream(data: bytes) -> tuple[str, int | None]:
    """The code of an error event, and how many tokens came if the stream came to its end."""
    lines = [line.removeprefix(b"data: ") for line in data.split(b"\n") if line.startswith(b"data: ")]
    said = [json.loads(line) for line in lines if line != b"[DONE]"]
    errors = [one["error"] for one in said if "error" in one]
    if errors or b"[DONE]" not in lines:
        return (str(errors[-1].get("code", "")) if errors else "cut"), None
    text = "".join(choice["delta"].get("content") or "" for one in said for choice in one["choices"])
    return "", text.count("word ")
