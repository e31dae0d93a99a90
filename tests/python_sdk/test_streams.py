"""Streams: cut anywhere, failing halfway, dying, left early; the values are right, or the error is, and nothing stays open."""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
from typing import Any

import pytest

from onerelay import ApiError, BudgetError, CallTimeoutError, ConnectionFailedError, ProviderError, RateLimitError, ServerError, UsageError
from onerelay._sse import EventParser
from tests.fake_provider import RESET, FakeProvider, Piece, chat_answer, chat_chunk, events, whole
from tests.python_sdk.conftest import Make
from tests.python_sdk.parties import CHAT, CLIENT_ID, CLIENT_SECRET, Way, ok, refusal, streamed

TEXTS = ["Grüße ", "👋🏽 ", "line\u2028end ", "¶"]
COST = b": 1relay cost-micros=12 budget-remaining-micros=-3\n\n"
CHUNKS = events(*(chat_chunk(text) for text in TEXTS), done=False)
WHOLE = b"".join([*CHUNKS, b"data: [DONE]\n\n", COST])
"""Texts with characters of two, three and four bytes, unescaped below, and the closing comment."""


def unescaped(*texts: str) -> list[bytes]:
    """Chunks whose texts are in UTF-8, and not in JSON's escapes."""
    return [b"data: " + json.dumps(chat_chunk(text), ensure_ascii=False).encode() + b"\n\n" for text in texts]


def failing(error: Any, name: bytes = b"event: error\n") -> bytes:
    """An error event."""
    return name + b"data: " + json.dumps(error).encode() + b"\n\n"


async def is_left(relay: FakeProvider) -> bool:
    """Whether the caller closes the newest call within a second; meanwhile its loop runs."""
    return await asyncio.to_thread(relay.last.abandoned.wait, 1)


def envelope(code: str) -> dict[str, Any]:
    """The relay's."""
    return {"success": False, "error": {"code": code, "message": f"about {code}", "requestId": "req_frombody"}}


async def open_stream(way: Way, relay: FakeProvider, *pieces: Piece, **given: Any) -> Any:
    """A stream of these pieces."""
    relay.will(streamed(*pieces))
    return await way.call("chat_completion", **CHAT, stream=True, **given)


async def test_byte_by_byte_the_values_are_the_same(way: Way, relay: FakeProvider) -> None:
    sent = b"".join([*unescaped(*TEXTS), b"data: [DONE]\n\n", COST])
    stream = await open_stream(way, relay, *(bytes([byte]) for byte in sent))
    assert (stream.relay.cost_micros, stream.relay.budget_remaining_micros) == (None, 900)
    assert await way.texts(stream) == TEXTS
    assert (stream.relay.request_id, stream.relay.cost_micros, stream.relay.budget_remaining_micros) == ("req_fromheader", 12, -3)
    assert relay.last.json == {**{name: value for name, value in CHAT.items() if name != "access_token"}, "stream": True}


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_events_are_the_same_wherever_bytes_are_cut(ending: str) -> None:
    text = (
        f"\ufeff: comment{ending}event: x{ending}data: é{ending}data:two\u2028{ending}{ending}id: 1{ending}data{ending}{ending}data: lost"
    )
    sent = text.encode()
    whole_, halves = EventParser(), [EventParser() for _ in sent]
    wanted = [(event.name, event.data) for event in whole_.feed(sent)]
    assert wanted[0] == ("x", "é\ntwo\u2028")
    for cut, parser in enumerate(halves):
        found = [*parser.feed(sent[:cut]), *parser.feed(sent[cut:])]
        assert [(event.name, event.data) for event in found] == wanted, cut
        assert parser.last_comment == "comment"


@pytest.mark.parametrize(
    ("event", "kind", "status", "code"),
    [
        (failing(envelope("budget_exceeded")), BudgetError, 402, "budget_exceeded"),
        (failing(envelope("service_unavailable")), ServerError, 503, "service_unavailable"),
        (failing(envelope("a_code_of_tomorrow")), ServerError, 502, "a_code_of_tomorrow"),
        (failing({"error": {"message": "Overloaded", "type": "x"}}, b""), ProviderError, 502, "provider_error"),
        (b"event: error\ndata: nonsense\n\n", ProviderError, 502, "provider_error"),
    ],
)
async def test_an_error_after_the_first_chunk_is_raised_from_the_loop(
    way: Way, relay: FakeProvider, event: bytes, kind: type[ApiError], status: int, code: str
) -> None:
    stream = await open_stream(way, relay, CHUNKS[0] + event, 60.0)
    found: list[str] = []
    with pytest.raises(kind) as raised:
        await way.texts(stream, into=found)
    assert found == TEXTS[:1]
    assert (type(raised.value), raised.value.status, raised.value.code) == (kind, status, code)
    assert raised.value.__context__ is None
    assert await is_left(relay), "the relay still sends"


async def test_a_dying_connection_is_told_from_an_end(way: Way, relay: FakeProvider) -> None:
    for pieces in ((CHUNKS[0], RESET), (CHUNKS[0][:-9], RESET), (CHUNKS[0],), (WHOLE[:40],)):
        stream = await open_stream(way, relay, *pieces)
        with pytest.raises(ConnectionFailedError) as raised:
            await way.texts(stream)
        assert raised.value.__context__ is None
    stream = await open_stream(way, relay, b"data: {not json\n\n", 60.0)
    with pytest.raises(ConnectionFailedError, match="not JSON"):
        await way.texts(stream)
    assert await is_left(relay)
    stream = await open_stream(way, relay, *CHUNKS, b"data: [DONE]\n\n", RESET)
    assert await way.texts(stream) == TEXTS  # after the end mark only the cost gets lost
    assert len(relay.received) == 6, "a streamed answer is never asked for twice"


async def test_silence_is_a_time_out(way: Way, relay: FakeProvider) -> None:
    stream = await open_stream(way, relay, CHUNKS[0], 60.0, timeout=0.2)
    with pytest.raises(CallTimeoutError, match=r"0\.2 seconds"):
        await way.texts(stream)
    assert await is_left(relay)


async def test_leaving_the_loop_ends_the_call(way: Way, relay: FakeProvider) -> None:
    stream = await open_stream(way, relay, b"".join(CHUNKS), 60.0)
    assert await way.texts(stream, most=2) == TEXTS[:2]
    gc.collect()
    await asyncio.sleep(0.05)  # asyncio closes what was left in a task of its own
    assert await is_left(relay), "the relay still sends"
    with pytest.raises(UsageError, match="make a new call"):
        await way.texts(stream)


async def test_leaving_the_block_ends_the_call(way: Way, relay: FakeProvider) -> None:
    for pieces in ((), (b"".join(CHUNKS),)):
        stream = await open_stream(way, relay, *pieces, 60.0)
        if way.awaits:
            async with stream:
                if pieces:
                    async for _ in stream:
                        break
        else:
            with stream:
                if pieces:
                    next(iter(stream))
        assert await is_left(relay), "the relay still sends"
        with pytest.raises(UsageError, match="make a new call"):
            await way.texts(stream)


async def test_closing_inside_the_loop_ends_it_quietly(way: Way, relay: FakeProvider) -> None:
    stream = await open_stream(way, relay, b"".join(CHUNKS), 60.0)
    found = []
    if way.awaits:
        async for chunk in stream:
            found.append(chunk.text)
            await stream.close()
    else:
        for chunk in stream:
            found.append(chunk.text)
            stream.close()
    assert found[0] == TEXTS[0]
    assert await is_left(relay)


async def test_a_refusal_before_the_stream_is_raised_by_the_call(make: Make, relay: FakeProvider) -> None:
    relay.will(refusal("rate_limited", 429, retry_after="0"), refusal("budget_exceeded", 402, {"resetsAt": "2026-12-01T00:00:00Z"}))
    with pytest.raises(BudgetError) as raised:
        await make().call("chat_completion", **CHAT, stream=True)
    assert raised.value.details == {"resetsAt": "2026-12-01T00:00:00Z"}
    assert len(relay.received) == 2
    relay.will(refusal("rate_limited", 429))
    with pytest.raises(RateLimitError):
        await make().call("chat_completion", **CHAT, stream=True)
    for answer in (ok({}), whole("<html>"), whole(b"<html>", headers={"content-type": "text/html"})):
        relay.will(answer)
        with pytest.raises(ConnectionFailedError):
            await make().call("chat_completion", **CHAT, stream=True)


async def test_a_cancelled_task_ends_its_call(relay: FakeProvider) -> None:
    way = Way(relay.base, awaits=True)
    for answer in (whole({}, wait_seconds=60), streamed(b"".join(CHUNKS), 60.0)):
        relay.will(answer)

        async def read() -> None:
            await way.texts(await way.call("chat_completion", **CHAT, stream=True))

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(read(), 0.3)
        assert await is_left(relay), "the relay still sends"
    relay.will(ok(chat_answer()))
    assert (await way.call("chat_completion", **CHAT)).text == "Hello.", "the client goes on"
    await way.close()


def test_what_is_never_closed_warns_of_nothing(relay: FakeProvider) -> None:
    relay.will(streamed(b"".join(CHUNKS), 60.0))
    given = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "base_url": relay.base}
    use = f"client = OneRelay(**{given!r}); stream = client.chat_completion(**{CHAT!r}, stream=True); print(next(iter(stream)).text)"
    code = f"from onerelay import OneRelay; {use}"
    done = subprocess.run([sys.executable, "-X", "dev", "-W", "error", "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert (done.stdout, done.stderr) == (f"{TEXTS[0]}\n", "")
    assert relay.last.abandoned.wait(1)
