"""Gemini's streams as OpenAI's.

Events by hand from https://ai.google.dev/api/generate-content, streamGenerateContent (stored copy of 2026-04-19), and
/gemini-api/docs/thought-signatures, FAQ 3 (2025-12): a signature may come in a part with empty text. Errors without `data:`
from google-genai 3.4.0, _api_client.py. All read 2026-11-23.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from proxy.adapters import adapter_for
from proxy.meter import StreamMeter
from proxy.translate import TranslatedStream
from relay.providers import registry
from tests.fake_provider import RESET, stream
from tests.proxy.adapters.chatting import HELLO, Chat, data_lines
from tests.proxy.adapters.gemini_said import HELLO_CONTENT, candidate, events, response, streamed
from tests.proxy.conftest import settled

FLASH = "gemini-2.5-flash"
NONE_YET = {"promptTokenCount": 8, "totalTokenCount": 8}
CALL = {"functionCall": {"id": "fc-1", "name": "f", "args": {"city": "Zürich"}}, "thoughtSignature": "<Signature A>"}
TALK = (
    response(candidate({"text": "Me"}, reason=None), usageMetadata=NONE_YET),
    response(candidate({"text": "öw 😀"}, CALL, reason=None), usageMetadata=NONE_YET),
    response(candidate({"functionCall": {"name": "g"}})),
)


def deltas(chunks: list[Any]) -> list[Any]:
    """The changes, in order."""
    return [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]


@pytest.mark.feature("streaming", "google", "native")
def test_a_stream_becomes_chunks(chat: Chat) -> None:
    chunks = chat.chunks("google", {"model": FLASH}, streamed(*TALK))
    assert chat.fake.last.target == f"/v1beta/models/{FLASH}:streamGenerateContent?alt=sse"
    assert chat.fake.last.json == {"contents": [HELLO_CONTENT]}
    assert {(chunk["id"], chunk["object"], chunk["model"]) for chunk in chunks} == {("chatcmpl-r1", "chat.completion.chunk", FLASH)}
    first = {"id": "fc-1", "type": "function", "function": {"name": "f", "arguments": '{"city":"Zürich"}'}, "index": 0}
    second = {"id": "call_r1_0_1", "type": "function", "function": {"name": "g", "arguments": "{}"}, "index": 1}
    assert deltas(chunks) == [
        {"role": "assistant", "content": "Me"},
        {"content": "öw 😀", "tool_calls": [{**first, "extra_content": {"google": {"thought_signature": "<Signature A>"}}}]},
        {"tool_calls": [second]},
        {},
    ]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None, None, None, "tool_calls"]
    assert all("usage" not in chunk for chunk in chunks)
    entry = settled(chat.linked.connection.id).entries[0]
    assert (entry.input_tokens, entry.output_tokens, entry.usage_source) == (8, 4, "provider_usage")


@pytest.mark.feature("stream_usage", "google", "native")
def test_usage_comes_last_if_it_was_asked_for(chat: Chat) -> None:
    counted = {"promptTokenCount": 8, "candidatesTokenCount": 4, "thoughtsTokenCount": 6, "totalTokenCount": 18}
    talk = (*TALK[:2], response(candidate({"text": "!"}), usageMetadata=counted))
    *chunks, last = chat.chunks("google", {"model": FLASH, "stream_options": {"include_usage": True}}, streamed(*talk))
    assert all(chunk["usage"] is None for chunk in chunks)
    assert last["choices"] == []
    assert last["usage"] == {
        "prompt_tokens": 8,
        "completion_tokens": 10,
        "total_tokens": 18,
        "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 6},
    }


def test_the_reason_counts_that_came_last(chat: Chat) -> None:
    """As in Google's own example, where every event has a reason."""
    talk = [response(candidate({"text": text}, reason=reason)) for text, reason in (("Me", "STOP"), ("ow", "STOP"), ("", "MAX_TOKENS"))]
    chunks = chat.chunks("google", {"model": FLASH}, streamed(*talk))
    assert deltas(chunks) == [{"role": "assistant", "content": "Me"}, {"content": "ow"}, {}]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None, None, "length"]


def test_a_signature_in_an_empty_text_is_kept_and_told_once(chat: Chat) -> None:
    talk = [response(candidate({"text": text, "thoughtSignature": f"<Signature {text}>"}, reason=None)) for text in ("A", "B")]
    talk.append(response(candidate({"text": "", "thoughtSignature": "<Signature C>"})))
    found = deltas(chat.chunks("google", {"model": FLASH}, streamed(*talk)))
    signed = {"extra_content": {"google": {"thought_signature": "<Signature C>"}}}
    assert found == [{"role": "assistant", "content": "A"}, {"content": "B"}, signed, {}]


@pytest.mark.feature("choices", "google", "native")
def test_candidates_are_told_apart(chat: Chat) -> None:
    talk = (
        response(candidate({"text": "a"}, reason=None), candidate({"text": "b"}, index=1, reason=None)),
        response(candidate({"text": "c"}, index=1, reason="MAX_TOKENS")),
        response(candidate({"text": "d"})),
    )
    chunks = chat.chunks("google", {"model": FLASH, "n": 2}, streamed(*talk))
    found = [(choice["index"], choice["delta"].get("content"), choice["finish_reason"]) for chunk in chunks for choice in chunk["choices"]]
    assert found == [(0, "a", None), (1, "b", None), (1, "c", None), (0, "d", None), (0, None, "stop"), (1, None, "length")]


@pytest.mark.feature("finish_reasons", "google", "native")
def test_a_filtered_answer_and_a_blocked_prompt_say_so(chat: Chat) -> None:
    talk = (response(candidate({"text": "Me"}, reason=None)), response({"finishReason": "SAFETY"}))
    chunks = chat.chunks("google", {"model": FLASH}, streamed(*talk))
    assert deltas(chunks)[1:] == [{"refusal": "Gemini ended the answer: SAFETY."}, {}]
    assert chunks[-1]["choices"][0]["finish_reason"] == "content_filter"
    blocked = response(promptFeedback={"blockReason": "SAFETY"}, usageMetadata=NONE_YET)
    chunks = chat.chunks("google", {"model": FLASH}, streamed(blocked))
    assert deltas(chunks) == [{"role": "assistant", "refusal": "Gemini blocked the prompt: SAFETY."}, {}]
    assert chunks[-1]["choices"][0]["finish_reason"] == "content_filter"


@pytest.mark.feature("logprobs", "google", "native")
def test_logprobs_come_with_their_chunk(chat: Chat) -> None:
    result = {"chosenCandidates": [{"token": "Me", "tokenId": 1, "logProbability": -0.1}]}
    chunks = chat.chunks("google", {"model": FLASH, "logprobs": True}, streamed(response(candidate({"text": "Me"}, logprobsResult=result))))
    token = {"token": "Me", "logprob": -0.1, "bytes": None, "top_logprobs": []}
    assert [chunk["choices"][0]["logprobs"] for chunk in chunks] == [{"content": [token], "refusal": None}, None]


ERROR = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}
TOLD = {"error": {"message": "The model is overloaded.", "type": "UNAVAILABLE", "param": None, "code": "UNAVAILABLE"}}


@pytest.mark.feature("errors", "google", "native")
@pytest.mark.parametrize("error", [events(ERROR)[0], json.dumps(ERROR, indent=2).encode()])
def test_an_error_within_a_stream_is_one_that_sdks_raise(chat: Chat, error: bytes) -> None:
    got = chat.ask("google", {"model": FLASH, "stream": True}, stream(*events(TALK[0]), error))
    first, last = data_lines(got.content)
    assert json.loads(first)["choices"][0]["delta"] == {"role": "assistant", "content": "Me"}
    assert json.loads(last) == TOLD


@pytest.mark.parametrize("cut", [(), (b'data: {"candid', 0.05, RESET), (b'data: {"candid',), (b"data: [1]\r\n\r\n",)])
def test_a_stream_that_breaks_off_ends_with_an_error(chat: Chat, cut: tuple[Any, ...]) -> None:
    got = chat.ask("google", {"model": FLASH, "stream": True}, stream(*events(*TALK[:2]), *cut))
    assert b"[DONE]" not in got.content
    failure = json.loads(got.content.decode().split("event: error\ndata: ")[1].split("\n\n")[0])
    assert failure["error"]["code"] == "provider_unreachable"
    entry = settled(chat.linked.connection.id).entries[0]
    assert entry.error_code == "provider_unreachable"
    assert entry.cost_nanos > 0


def translated(*pieces: bytes) -> bytes:
    """The stream through meter and translation, as the pipeline does it, in these pieces."""
    provider = registry.provider("google")
    assert provider is not None
    members = {"model": FLASH, "messages": HELLO, "stream": True, "stream_options": {"include_usage": True}}
    translation = adapter_for(provider).request(provider, members, datetime(2026, 11, 23, tzinfo=UTC)).translation
    assert translation is not None
    meter = StreamMeter(registry.meter("gemini"), whole_events=True, drops_usage=False)
    into = TranslatedStream(translation)
    out = b"".join([into.feed(meter.feed(piece)) for piece in pieces])
    out += into.feed(meter.end()) + into.end()
    assert meter.usage is not None
    assert (meter.usage.input_tokens, meter.usage.output_tokens) == (8, 4)
    return out


def test_it_does_not_matter_where_the_stream_is_cut() -> None:
    text = b"".join(events(*TALK))
    expected = translated(text)
    assert expected.endswith(b"data: [DONE]\n\n")
    for at in range(1, len(text)):
        assert translated(text[:at], text[at:]) == expected
    assert translated(*(text[at : at + 1] for at in range(len(text)))) == expected


def test_the_last_event_may_lack_its_blank_line() -> None:
    text = b"".join(events(*TALK))
    assert translated(text.removesuffix(b"\r\n\r\n")) == translated(text)
