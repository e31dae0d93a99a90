"""What an app gets for Anthropic's streams, written by hand from its documentation (see anthropic_by_hand)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.adapters.anthropic import AnthropicTranslation
from proxy.meter import StreamMeter
from proxy.translate import TranslatedStream
from proxy.upstream import UpstreamFailed
from relay.providers import registry
from tests.fake_provider import RESET
from tests.proxy.adapters.anthropic_by_hand import HELLO_STREAM, MODEL, OVERLOADED, THOUGHT, TOOL_STREAM, stop_with, streamed
from tests.proxy.adapters.chatting import Chat, data_lines
from tests.proxy.conftest import settled

ASK: dict[str, Any] = {"model": MODEL, "max_tokens": 100}
HELLO_DELTAS = [
    ({"role": "assistant", "content": ""}, None),
    ({"content": "Hello"}, None),
    ({"content": "! éé"}, None),
    ({}, "stop"),
]


def call(index: int, **members: Any) -> dict[str, Any]:
    """A delta with one piece of one tool call."""
    return {"tool_calls": [{"index": index, **members}]}


def function(name: str) -> dict[str, str]:
    """A function whose arguments are still to come."""
    return {"name": name, "arguments": ""}


TOOL_DELTAS = [
    ({"role": "assistant", "content": ""}, None),
    ({"reasoning_content": "Two cities,"}, None),
    ({"reasoning_content": " two calls."}, None),
    ({"thinking_blocks": [{"index": 0, **THOUGHT}]}, None),
    ({"content": "Okay"}, None),
    (call(0, id="toolu_01T1x1fJ34qAmk2tNTrN7Up6", type="function", function=function("get_weather")), None),
    (call(0, function={"arguments": '{"location":'}), None),
    (call(0, function={"arguments": ' "San Francisco, CA"}'}), None),
    (call(1, id="toolu_01A09q90qw90lq917835lq9", type="function", function=function("get_time")), None),
    (call(1, function={"arguments": "{}"}), None),
    ({}, "tool_calls"),
]
TOOL_USAGE = {
    "prompt_tokens": 600,
    "completion_tokens": 89,
    "total_tokens": 689,
    "prompt_tokens_details": {"cached_tokens": 100, "cache_write_tokens": 28},
    "completion_tokens_details": {"reasoning_tokens": 40},
}


def deltas(chunks: list[Any]) -> list[tuple[Any, Any]]:
    """Delta and finish reason of every chunk with a choice."""
    return [(choice["delta"], choice["finish_reason"]) for chunk in chunks for choice in chunk["choices"]]


@pytest.mark.feature("streaming", "anthropic", "native")
def test_text(chat: Chat) -> None:
    chunks = chat.chunks("anthropic", ASK, streamed(HELLO_STREAM))
    assert chat.fake.last.json["stream"] is True
    assert chat.fake.last.headers["accept"] == "text/event-stream"
    assert deltas(chunks) == HELLO_DELTAS
    heads = {(chunk["id"], chunk["object"], chunk["model"]) for chunk in chunks}
    assert heads == {("msg_1nZdL29xx5MUA1yADyHTEsnR8uuvGzszyY", "chat.completion.chunk", "claude-sonnet-4-6")}
    assert all("usage" not in chunk for chunk in chunks)
    entry = settled(chat.linked.connection.id).entries[0]
    assert (entry.input_tokens, entry.output_tokens, entry.usage_source) == (25, 15, "provider_usage")
    assert entry.cost_nanos == 25 * 3000 + 15 * 15000


@pytest.mark.feature("stream_usage", "anthropic", "native")
def test_thoughts_tools_and_usage(chat: Chat) -> None:
    *chunks, last = chat.chunks("anthropic", {**ASK, "stream_options": {"include_usage": True}}, streamed(TOOL_STREAM))
    assert deltas(chunks) == TOOL_DELTAS
    assert all(chunk["usage"] is None for chunk in chunks)
    assert (last["choices"], last["usage"]) == ([], TOOL_USAGE)
    entry = settled(chat.linked.connection.id).entries[0]
    assert (entry.input_tokens, entry.cached_input_tokens, entry.output_tokens) == (600, 100, 89)
    assert entry.cost_nanos == 472 * 3000 + 100 * 300 + 28 * 3750 + 89 * 15000


@pytest.mark.parametrize(
    ("reason", "delta", "expected"),
    [
        ("max_tokens", {}, ({}, "length")),
        ("refusal", {"stop_details": {"type": "refusal", "explanation": "No."}}, ({"refusal": "No."}, "content_filter")),
    ],
)
def test_how_it_stops(chat: Chat, reason: str, delta: dict[str, Any], expected: Any) -> None:
    assert deltas(chat.chunks("anthropic", ASK, streamed(stop_with(reason, **delta))))[-1] == expected


def test_the_chunks_come_as_the_events_do(chat: Chat) -> None:
    """The beginning is there while the provider is still silent about the rest."""
    head, rest = HELLO_STREAM.split(b"event: ping")
    got = chat.ask("anthropic", {**ASK, "stream": True}, streamed(head, 0.5, b"event: ping" + rest))
    pieces = got.iter_content(None)
    first = next(pieces)
    assert b'"role":"assistant"' in first
    assert b"Hello" not in first
    assert b"Hello" in b"".join(pieces)


@pytest.mark.parametrize("native", [HELLO_STREAM, TOOL_STREAM, HELLO_STREAM.replace(b"\n", b"\r\n")], ids=["text", "tools", "crlf"])
def test_a_stream_cut_at_any_byte_gives_the_same(native: bytes) -> None:
    expected = translated(native)
    assert expected.endswith(b"data: [DONE]\n\n")
    assert expected.count(b"\n\n") >= 6
    for cut in range(1, len(native)):
        assert translated(native[:cut], native[cut:]) == expected, cut
    assert translated(*(native[at : at + 1] for at in range(len(native)))) == expected


def test_a_stream_byte_by_byte_through_the_relay(chat: Chat) -> None:
    pieces = [TOOL_STREAM[at : at + 1] for at in range(len(TOOL_STREAM))]
    assert deltas(chat.chunks("anthropic", ASK, streamed(*pieces))) == TOOL_DELTAS


def translated(*pieces: bytes) -> bytes:
    """What the pipeline makes of a stream that comes in these pieces: metered, then translated."""
    meter = StreamMeter(registry.meter("anthropic_messages"), whole_events=True, drops_usage=False)
    into = TranslatedStream(AnthropicTranslation(MODEL, 1_000, include_usage=True))
    return b"".join(into.feed(meter.feed(piece)) for piece in pieces) + into.feed(meter.end()) + into.end()


@pytest.mark.feature("errors", "anthropic", "native")
def test_an_error_within_the_stream(chat: Chat) -> None:
    head = HELLO_STREAM[: HELLO_STREAM.index(b"event: content_block_stop")]
    got = chat.ask("anthropic", {**ASK, "stream": True}, streamed(head, OVERLOADED))
    *found, last = data_lines(got.content)
    error = {"message": "Overloaded", "type": "overloaded_error", "param": None, "code": "overloaded_error"}
    assert json.loads(last) == {"error": error}
    assert deltas([json.loads(line) for line in found]) == HELLO_DELTAS[:3]
    assert settled(chat.linked.connection.id).entries[0].error_code == "provider_error"


def test_a_stream_that_ends_before_the_answer_does_not_look_complete(chat: Chat) -> None:
    head = HELLO_STREAM[: HELLO_STREAM.index(b"event: content_block_stop")]
    for pieces in ((head,), (head, RESET)):
        got = chat.ask("anthropic", {**ASK, "stream": True}, streamed(*pieces))
        last = data_lines(got.content.replace(b"event: error\n", b""))[-1]
        assert json.loads(last)["error"]["code"] == "provider_unreachable"
        assert b"[DONE]" not in got.content
    entries = settled(chat.linked.connection.id, 2).entries
    assert [(entry.usage_source, entry.error_code) for entry in entries] == [("estimated", "provider_unreachable")] * 2


@pytest.mark.parametrize("event", [b"{", b"[]", b'{"type": "message_start"}', b'{"type": "content_block_delta", "index": 0, "delta": 3}'])
def test_an_event_the_dialect_does_not_have_is_an_error(event: bytes) -> None:
    with pytest.raises(UpstreamFailed):
        translated(b"data: " + event + b"\n\n")


def test_half_a_surrogate_pair_does_not_end_the_stream() -> None:
    odd = HELLO_STREAM.replace(b'"text": "Hello"', rb'"text": "Hello\ud83d"')
    assert odd != HELLO_STREAM
    assert translated(odd) == translated(HELLO_STREAM.replace(b'"text": "Hello"', '"text": "Hello�"'.encode()))


def test_events_that_are_newer_are_skipped() -> None:
    newer = b'event: new\ndata: {"type": "new", "index": 0}\n\n'
    assert translated(newer + HELLO_STREAM.replace(b"event: ping", newer + b"event: ping")) == translated(HELLO_STREAM)


def test_an_input_that_comes_whole_is_not_lost() -> None:
    whole_input = TOOL_STREAM.replace(b'"name":"get_time","input":{}', b'"name":"get_time","input":{"zone":"CET"}')
    assert rb"{\"zone\":\"CET\"}" in translated(whole_input)
