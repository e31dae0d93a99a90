"""Usage out of streams of every dialect, cut at every byte: right to the token, and what is passed on unchanged."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.meter import AnswerMeter, StreamMeter
from proxy.sse import Splitter, data_of
from relay.providers import registry
from relay.providers.prices import TokenUsage


def sse(*items: dict[str, Any] | str, end: str = "\n\n", named: bool = False) -> bytes:
    """A stream of events; text items stand as they are."""
    lines = []
    for item in items:
        data = item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)
        name = f"event: {item['type']}{end[: len(end) // 2]}" if named and isinstance(item, dict) else ""
        lines.append(f"{name}data: {data}{end}")
    return "".join(lines).encode()


def chunk(text: str, **more: Any) -> dict[str, Any]:
    """A chunk of a chat completion."""
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}], **more}


OPENAI_USAGE = {
    "prompt_tokens": 21,
    "completion_tokens": 9,
    "prompt_tokens_details": {"cached_tokens": 8, "cache_write_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 3},
}
CLAUDE_START = {
    "input_tokens": 20,
    "cache_read_input_tokens": 5,
    "cache_creation_input_tokens": 10,
    "cache_creation": {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 6},
    "output_tokens": 1,
}

CASES: dict[str, tuple[str, bytes, TokenUsage]] = {
    "openai": (
        "openai_chat",
        sse(
            chunk("Hé \"usage\":{", usage=None), chunk("ça — 你好", usage=None),
            {"choices": [], "usage": OPENAI_USAGE}, "[DONE]",
        ),
        TokenUsage(21, 9, 8, 4),
    ),
    "openai with CRLF": (
        "openai_chat",
        sse(chunk("a", usage=None), {"choices": [], "usage": OPENAI_USAGE}, "[DONE]", end="\r\n\r\n"),
        TokenUsage(21, 9, 8, 4),
    ),
    "usage beside choices": (
        "openai_chat",
        b": keep-alive\n\n" + sse(chunk("a"), chunk("b", usage={"prompt_tokens": 3, "completion_tokens": 2}), "[DONE]"),
        TokenUsage(3, 2),
    ),
    "usage twice, the second incomplete": (
        "openai_chat",
        sse(chunk("a", usage={"prompt_tokens": 3, "completion_tokens": 1}),
            chunk("b", usage={"prompt_tokens": None, "completion_tokens": 2}), "[DONE]"),
        TokenUsage(3, 2),
    ),
    "groq": (
        "openai_chat",
        sse(chunk("a", x_groq={"id": "req_1"}),
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
             "x_groq": {"id": "req_1", "usage": {"prompt_tokens": 7, "completion_tokens": 5}}}, "[DONE]"),
        TokenUsage(7, 5),
    ),
    "responses": (
        "openai_responses",
        sse({"type": "response.created", "response": {"usage": None, "error": None}},
            {"type": "response.output_text.delta", "delta": "x"},
            {"type": "response.completed", "response": {"usage": {
                "input_tokens": 40, "output_tokens": 8, "input_tokens_details": {"cached_tokens": 10}}}}, named=True),
        TokenUsage(40, 8, 10),
    ),
    "anthropic": (
        "anthropic_messages",
        sse({"type": "message_start", "message": {"usage": CLAUDE_START}},
            {"type": "ping"},
            {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "ü"}},
            {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 7}},
            {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 12, "cache_read_input_tokens": None}},
            {"type": "message_stop"}, named=True),
        TokenUsage(35, 12, 5, 10, 6),
    ),
    "gemini": (
        "gemini",
        sse({"candidates": [{}], "usageMetadata": {"promptTokenCount": 30, "candidatesTokenCount": 2}},
            {"candidates": [{}], "usageMetadata": {
                "promptTokenCount": 30, "candidatesTokenCount": 6, "thoughtsTokenCount": 10,
                "toolUsePromptTokenCount": 3, "cachedContentTokenCount": 12}}),
        TokenUsage(33, 16, 12),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_usage_is_right_wherever_the_stream_is_cut(name: str) -> None:
    kind, text, expected = CASES[name]
    for cut in range(len(text) + 1):
        meter = StreamMeter(registry.meter(kind), whole_events=False, drops_usage=False)
        passed = meter.feed(text[:cut]) + meter.feed(text[cut:]) + meter.end()
        assert passed == text
        assert (meter.usage, meter.is_final, meter.error) == (expected, True, None)


@pytest.mark.parametrize("name", CASES)
def test_usage_is_right_byte_by_byte(name: str) -> None:
    kind, text, expected = CASES[name]
    meter = StreamMeter(registry.meter(kind), whole_events=True, drops_usage=False)
    passed = b"".join(meter.feed(text[at : at + 1]) for at in range(len(text))) + meter.end()
    assert passed == text
    assert meter.usage == expected


@pytest.mark.parametrize("name", ["openai", "openai with CRLF"])
def test_only_the_extra_chunk_is_taken_out_wherever_it_is_cut(name: str) -> None:
    kind, text, expected = CASES[name]
    kept = b"".join(event for event in Splitter().feed(text) if b'"choices": []' not in event)
    assert len(kept) < len(text)
    for cut in range(len(text) + 1):
        meter = StreamMeter(registry.meter(kind), whole_events=True, drops_usage=True)
        assert meter.feed(text[:cut]) + meter.feed(text[cut:]) + meter.end() == kept
        assert meter.usage == expected


def test_numbers_before_the_last_word_are_not_final() -> None:
    start = sse({"type": "message_start", "message": {"usage": CLAUDE_START}})
    meter = StreamMeter(registry.meter("anthropic_messages"), whole_events=False, drops_usage=False)
    meter.feed(start)
    assert meter.usage == TokenUsage(35, 1, 5, 10, 6)
    assert not meter.is_final
    assert not meter.is_complete


@pytest.mark.parametrize("name", ["openai", "groq", "responses", "anthropic"])
def test_usage_where_it_counts_is_the_last_word(name: str) -> None:
    kind, text, _ = CASES[name]
    meter = StreamMeter(registry.meter(kind), whole_events=False, drops_usage=False)
    meter.feed(text)
    assert meter.is_complete


def test_usage_in_every_event_is_the_last_word_only_beside_the_end() -> None:
    meter = StreamMeter(registry.meter("gemini"), whole_events=False, drops_usage=False)
    usage = {"promptTokenCount": 30, "candidatesTokenCount": 2}
    told = {"content": {"parts": [{"text": '"finishReason"'}]}}
    meter.feed(sse({"candidates": [told], "usageMetadata": usage}))
    assert (meter.is_final, meter.is_complete) == (True, False)
    meter.feed(sse({"candidates": [{**told, "finishReason": "STOP"}], "usageMetadata": usage}))
    assert meter.is_complete
    meter.feed(sse({"candidates": [told], "usageMetadata": usage}))
    assert not meter.is_complete


@pytest.mark.parametrize(
    "error",
    [
        {"type": "error", "error": {"type": "overloaded_error", "message": "x"}},
        {"error": {"message": "x", "code": 429}},
        {"type": "response.failed", "response": {"error": {"code": "server_error"}}},
        chunk("", x_groq={"error": "over capacity"}),
    ],
)
def test_an_error_inside_a_stream_is_seen(error: dict[str, Any]) -> None:
    meter = StreamMeter(registry.meter("openai_chat"), whole_events=False, drops_usage=False)
    meter.feed(sse(error))
    assert meter.error
    assert meter.seen_tokens == 0


def test_what_was_seen_is_never_less_than_what_was_written() -> None:
    words = ["The", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog"]
    meter = StreamMeter(registry.meter("openai_chat"), whole_events=False, drops_usage=False)
    for word in words:
        meter.feed(sse(chunk(word)))
    assert len(words) <= meter.seen_tokens <= 3 * len(words)
    bulk = StreamMeter(registry.meter("openai_chat"), whole_events=False, drops_usage=False)
    bulk.feed(sse(chunk("x")))
    bulk.feed(sse(chunk(" word" * 300)))
    assert bulk.seen_tokens >= 300


def test_the_text_of_the_shortest_event_counts() -> None:
    once = StreamMeter(registry.meter("openai_chat"), whole_events=False, drops_usage=False)
    once.feed(sse(chunk(" word" * 300)))
    assert once.seen_tokens >= 300
    bulky = StreamMeter(registry.meter("openai_chat"), whole_events=False, drops_usage=False)
    for _ in range(10):
        bulky.feed(sse(chunk(" word" * 300)))
    assert bulky.seen_tokens >= 3000


ODD = [r'"\ud83d"', "NaN", "-Infinity", "1e999", "123456789012345678901234567890", '"\udcff"']


@pytest.mark.parametrize("odd", ODD)
def test_a_value_that_json_does_not_have_costs_no_usage(odd: str) -> None:
    used = '"usage": {"prompt_tokens": 5, "completion_tokens": 7}'
    said = f'{{"choices": [{{"delta": {{"content": {odd}}}, "finish_reason": "stop"}}], {used}}}'.encode(errors="surrogateescape")
    whole = AnswerMeter(registry.meter("openai_chat"))
    assert whole.read(said) is not None
    stream = StreamMeter(registry.meter("openai_chat"), whole_events=True, drops_usage=True)
    event = b"data: " + said + b"\n\n"
    assert stream.feed(event) + stream.end() == event
    assert whole.usage == stream.usage == TokenUsage(5, 7)
    assert stream.is_complete


def test_an_odd_answer_made_to_be_slow_to_read_is_not_read() -> None:
    meter = AnswerMeter(registry.meter("openai_chat"))
    assert meter.read(b'{"a":NaN,"b":[' + b"1," * 300_000 + b"1]}") is None
    assert meter.read(b'{"a":NaN,"b":' + b"[" * 300_000) is None


def test_an_answer_that_is_not_json_has_no_usage() -> None:
    for body in (b"", b"<html>", b"[1]", b'{"usage": 5}', b'{"usage": {"prompt_tokens": "5"}}'):
        meter = AnswerMeter(registry.meter("openai_chat"))
        meter.read(body)
        assert meter.usage is None


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5))
def test_splitting_loses_nothing(text: bytes, cuts: list[int]) -> None:
    splitter = Splitter()
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[start:end] for start, end in itertools.pairwise(places)]
    events = [event for piece in pieces for event in splitter.feed(piece)]
    assert b"".join(events) + splitter.rest == text


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20), max_size=5), st.integers(0, 300))
def test_events_come_whole_wherever_they_are_cut(texts: list[str], cut: int) -> None:
    text = "".join(f"data: {line}\n\n" for line in texts).encode()
    splitter = Splitter()
    events = splitter.feed(text[:cut]) + splitter.feed(text[cut:])
    assert [data_of(event).decode() for event in events] == texts


def test_an_endless_event_is_passed_on_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy.sse.MAX_EVENT_BYTES", 1000)
    meter = StreamMeter(registry.meter("openai_chat"), whole_events=True, drops_usage=True)
    sent = b"data: " + b"x" * 10_000
    passed = b"".join(meter.feed(sent[at : at + 100]) for at in range(0, len(sent), 100)) + meter.end()
    assert passed == sent
