"""What an app gets for Anthropic's whole answers, written by hand from its documentation.

Pages of platform.claude.com/docs/en, stored copies read 2026-11-23: api/messages, build-with-claude/handling-stop-reasons,
prompt-caching ("total input tokens"), thinking, api/errors.
"""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.fake_provider import whole
from tests.proxy.adapters.anthropic_by_hand import MODEL, answered
from tests.proxy.adapters.chatting import HELLO, Chat
from tests.proxy.conftest import settled

ASK: dict[str, Any] = {"model": MODEL, "max_tokens": 100}


def test_the_plainest_answer(chat: Chat) -> None:
    begun = int(time.time())
    completion = chat.completion("anthropic", ASK, answered())
    assert begun <= completion.pop("created") <= time.time()
    assert completion == {
        "id": "msg_01XFDUDYJgAACzvnptvVoYEL",
        "object": "chat.completion",
        "model": "claude-sonnet-4-6",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello!", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 12,
            "completion_tokens": 6,
            "total_tokens": 18,
            "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        },
    }


@pytest.mark.feature("reasoning_text", "anthropic", "native", note="in `reasoning_content`; `thinking_blocks` goes back with the message")
@pytest.mark.feature("usage", "anthropic", "native")
def test_tools_thoughts_and_cached_tokens(chat: Chat) -> None:
    content = [
        {"type": "thinking", "thinking": "Two calls.", "signature": "EqQB"},
        {"type": "redacted_thinking", "data": "Eq=="},
        {"type": "text", "text": "I'll "},
        {"type": "text", "text": "look."},
        {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"location": "Zürich", "days": 2}},
        {"type": "tool_use", "id": "toolu_2", "name": "get_time", "input": {}},
    ]
    usage = {
        "input_tokens": 50,
        "cache_read_input_tokens": 1800,
        "cache_creation_input_tokens": 248,
        "output_tokens": 503,
        "output_tokens_details": {"thinking_tokens": 90},
    }
    completion = chat.completion("anthropic", ASK, answered(content=content, stop_reason="tool_use", usage=usage))
    choice = completion["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    calls = choice["message"].pop("tool_calls")
    assert choice["message"] == {
        "role": "assistant",
        "content": "I'll look.",
        "refusal": None,
        "reasoning_content": "Two calls.",
        "thinking_blocks": [
            {"index": 0, "type": "thinking", "thinking": "Two calls.", "signature": "EqQB"},
            {"index": 1, "type": "redacted_thinking", "data": "Eq=="},
        ],
    }
    assert [(call["id"], call["type"], call["function"]["name"]) for call in calls] == [
        ("toolu_1", "function", "get_weather"),
        ("toolu_2", "function", "get_time"),
    ]
    assert [json.loads(call["function"]["arguments"]) for call in calls] == [{"location": "Zürich", "days": 2}, {}]
    assert completion["usage"] == {
        "prompt_tokens": 2098,
        "completion_tokens": 503,
        "total_tokens": 2601,
        "prompt_tokens_details": {"cached_tokens": 1800, "cache_write_tokens": 248},
        "completion_tokens_details": {"reasoning_tokens": 90},
    }
    entry = settled(chat.linked.connection.id).entries[0]
    assert (entry.input_tokens, entry.cached_input_tokens, entry.output_tokens) == (2098, 1800, 503)
    assert entry.usage_source == "provider_usage"
    # claude-sonnet-4-6, dollars per million: input 3, output 15, cache read 0.3, cache write 3.75
    assert entry.cost_nanos == 50 * 3000 + 1800 * 300 + 248 * 3750 + 503 * 15000


@pytest.mark.feature("finish_reasons", "anthropic", "native")
def test_finish_reasons(chat: Chat) -> None:
    expected = {
        "end_turn": "stop",
        "stop_sequence": "stop",
        "max_tokens": "length",
        "model_context_window_exceeded": "length",
        "tool_use": "tool_calls",
        "refusal": "content_filter",
        "one_that_is_newer": "stop",
    }
    got = {name: chat.completion("anthropic", ASK, answered(stop_reason=name))["choices"][0]["finish_reason"] for name in expected}
    assert got == expected


def test_a_refusal_says_why(chat: Chat) -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "It could enable harm."}
    completion = chat.completion("anthropic", ASK, answered(content=[], stop_reason="refusal", stop_details=details))
    assert completion["choices"][0]["message"] == {"role": "assistant", "content": None, "refusal": "It could enable harm."}


@pytest.mark.feature("errors", "anthropic", "native", note="whole ones as they are, with `error.message`")
def test_its_errors_are_passed_on_as_they_are(chat: Chat) -> None:
    error = {"type": "error", "error": {"type": "invalid_request_error", "message": "max_tokens: too high"}, "request_id": "req_1"}
    got = chat.ask("anthropic", ASK, whole(error, status=400))
    assert (got.status_code, got.json()) == (400, error)
    assert got.headers["x-1relay-provider-error"] == "anthropic"


def test_an_answer_that_is_no_message_is_said_to_be_none_and_booked(chat: Chat) -> None:
    bodies = [b"<html>", b"[]", b"{}", b'{"type": "message", "content": "x", "usage": {}}']
    for body in bodies:
        got = chat.ask("anthropic", ASK, whole(body))
        assert (got.status_code, got.json()["error"]["code"]) == (502, "provider_unreachable"), body
    entries = settled(chat.linked.connection.id, len(bodies)).entries
    assert {entry.usage_source for entry in entries} == {"estimated"}


def test_a_limit_is_lowered_in_the_native_body(chat: Chat) -> None:
    """claude-sonnet-4-6 writes for 15 dollars a million: ten dollars don't pay for a million tokens."""
    got = chat.ask("anthropic", {**ASK, "max_tokens": 1_000_000}, answered())
    assert got.status_code == 200
    limited = chat.fake.last.json["max_tokens"]
    assert 600_000 < limited < 666_667
    assert got.headers["x-1relay-output-limited"] == str(limited)


def test_the_openai_door(chat: Chat) -> None:
    chat.fake.will(answered())
    body = {"model": f"anthropic/{MODEL}", "max_tokens": 5, "messages": HELLO}
    got = chat.relay.post("/v1/openai/chat/completions", chat.linked.access_token, body)
    assert got.json()["object"] == "chat.completion"
    assert chat.fake.last.json["model"] == MODEL
