"""What providers also do: usage where it is not expected, errors after 200, events in odd clothes."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest

from proxy.meter import AnswerMeter, StreamMeter
from proxy.own_cost import own_cost_nanos
from relay.providers import prices, registry
from relay.providers.facts import Cost
from relay.providers.prices import TokenUsage, cost_nanos

DOLLARS = Cost("cost", 1, None, None)
FEE = Cost("cost", 1, "details.upstream", "is_byok")
USED = {"prompt_tokens": 5, "completion_tokens": 7}


def chunk(finish: str | None = None, **more: Any) -> dict[str, Any]:
    """One chunk of a chat completion."""
    return {"choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": finish}], **more}


def events(*items: Any) -> bytes:
    """Events of one line of data each."""
    return b"".join(b"data: " + json.dumps(item).encode() + b"\n\n" for item in items)


def meter(kind: str = "openai_chat", *, drops_usage: bool = False) -> StreamMeter:
    """A meter of that kind, as the pipeline makes it."""
    return StreamMeter(registry.meter(kind), whole_events=drops_usage, drops_usage=drops_usage)


def test_a_last_chunk_with_choices_and_usage_is_not_taken_out() -> None:
    said = events(chunk(usage=None), chunk("stop", usage=USED)) + b"data: [DONE]\n\n"
    reading = meter(drops_usage=True)
    assert reading.feed(said) + reading.end() == said
    assert (reading.usage, reading.is_complete) == (TokenUsage(5, 7), True)


def test_usage_on_every_chunk_counts_once_and_is_the_last_word_only_at_the_end() -> None:
    running = [chunk(usage={"prompt_tokens": 5, "completion_tokens": number}) for number in (1, 2, 3)]
    reading = meter("xai_chat")
    reading.feed(events(*running))
    assert (reading.usage, reading.is_complete) == (TokenUsage(5, 3), False)
    reading.feed(events(chunk("stop", usage={"prompt_tokens": 5, "completion_tokens": 4})))
    assert (reading.usage, reading.is_complete) == (TokenUsage(5, 4), True)


def test_data_on_several_lines_is_one_event() -> None:
    said = b'event: message\ndata: {"choices":[],\ndata:  "usage":{"prompt_tokens":5,\ndata:"completion_tokens":7}}\n\n'
    for ending in (b"\n", b"\r\n", b"\r"):
        reading = meter(drops_usage=True)
        assert reading.feed(said.replace(b"\n", ending)) + reading.end() == b""
        assert reading.usage == TokenUsage(5, 7)


def test_comments_are_no_tokens() -> None:
    reading = meter()
    reading.feed(b": keep-alive\n\n" * 500)
    assert (reading.seen_tokens, reading.first_event_at) == (0, None)
    reading.feed(events(chunk()))
    assert reading.seen_tokens == 1


def test_usage_behind_a_huge_event_is_read() -> None:
    said = events(chunk(text="y" * 3_000_000), {"choices": [], "usage": USED})
    reading = meter(drops_usage=True)
    passed = b"".join(reading.feed(said[at : at + 65_536]) for at in range(0, len(said), 65_536)) + reading.end()
    assert passed == said[: -len(events({"choices": [], "usage": USED}))]
    assert (reading.usage, reading.is_complete) == (TokenUsage(5, 7), True)
    assert reading.seen_tokens > 0


@pytest.mark.parametrize(
    "said",
    [
        {"id": "gen-1", "error": {"code": 502, "message": "Provider disconnected"}, "choices": [{"delta": {}, "finish_reason": "error"}]},
        {"type": "error", "code": "server_error", "message": "x", "param": None, "sequence_number": 3},
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        {"type": "response.failed", "response": {"status": "failed", "error": {"code": "server_error", "message": "x"}, "usage": None}},
    ],
)
def test_an_error_after_200_is_seen_in_every_dress(said: dict[str, Any]) -> None:
    text = events(chunk()) + b"event: error\n" + events(said)
    reading = meter("openrouter_chat")
    assert b"".join(reading.feed(text[at : at + 7]) for at in range(0, len(text), 7)) == text
    assert reading.error
    assert reading.seen_tokens == 1
    whole = AnswerMeter(registry.meter("openrouter_chat"))
    whole.read(json.dumps(said).encode())
    assert whole.error


@pytest.mark.parametrize("said", [chunk(error=None), {"response": {"error": None}}, {"content": '"error": {}'}, {"type": "errors"}])
def test_no_error_is_none(said: dict[str, Any]) -> None:
    reading = meter()
    reading.feed(events(said))
    assert reading.error is None


@pytest.mark.parametrize(
    ("number", "nanos"),
    [
        ("0", 0),
        ("0.000000001", 1),
        ("0.0000000010000000000000000001", 2),
        ("0.1", 100_000_000),
        ("1.1e-05", 11_000),
        ("3", 3_000_000_000),
        ("1E2", 100_000_000_000),
        ("1e-400000000", 1),
        ("-0.5", None),
        ("true", None),
        ("null", None),
        ('"0.5"', None),
        ("1e300", None),
    ],
)
def test_a_cost_is_read_from_its_text(number: str, nanos: int | None) -> None:
    body = f'{{"usage":{{"text":"\\"cost\\":9","other":{{"cost":77}},"cost":{number}}}}}'.encode()
    usage = json.loads(body)["usage"]
    assert own_cost_nanos(DOLLARS, usage, body) == nanos


def test_a_product_that_a_binary_fraction_gets_wrong() -> None:
    assert math.ceil(0.000000061 * 1_000_000_000) != 61
    assert own_cost_nanos(DOLLARS, {"cost": 0.000000061}, b'{"cost": 0.000000061}') == 61


def test_half_a_cost_is_none() -> None:
    usage = {"cost": 0.5, "is_byok": True, "details": {"upstream": None}}
    assert own_cost_nanos(FEE, usage, json.dumps(usage).encode()) is None
    usage["is_byok"] = False
    assert own_cost_nanos(FEE, usage, json.dumps(usage).encode()) == 500_000_000


def test_the_tier_that_was_served_is_what_is_paid() -> None:
    """genai-prices 0.2.3, gpt-5, dollars a million: 1.25 in and 10 out; flex half of that, priority twice."""
    rates = prices.rates("openai", "gpt-5", datetime(2026, 11, 23, tzinfo=UTC))
    assert rates is not None
    used = {"prompt_tokens": 1000, "completion_tokens": 100}
    paid = {}
    for tier in ("default", "flex", "priority", "unheard-of"):
        reading = AnswerMeter(registry.meter("openai_chat"))
        reading.read(json.dumps({"choices": [], "usage": used, "service_tier": tier}).encode())
        assert reading.usage is not None
        paid[tier] = cost_nanos(rates.served(reading.tier), reading.usage)
    # 1,000 × 1,250 + 100 × 10,000 = 2,250,000
    assert paid == {"default": 2_250_000, "flex": 1_125_000, "priority": 4_500_000, "unheard-of": 2_250_000}
