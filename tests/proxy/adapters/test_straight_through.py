"""OpenAI and the providers that speak its format: what the app sends is what they get, and the other way round."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fake_provider import chat_answer, chat_chunk, chat_stream, events, stream, whole
from tests.proxy.adapters.chatting import HELLO, Chat, data_lines

PIXEL = "data:image/png;base64,iVBORw0KGgo="
TOOL = {"type": "function", "function": {"name": "f", "strict": True, "parameters": {"type": "object"}}}
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}

RESULT = {"role": "tool", "tool_call_id": "c", "content": "x"}


def user(*parts: Any) -> list[Any]:
    """One user message with these parts."""
    return [{"role": "user", "content": list(parts)}]


SENT: dict[str, dict[str, Any]] = {
    "system": {"messages": [{"role": "system", "content": "a"}, {"role": "developer", "content": "b"}, *HELLO]},
    "turns": {"messages": [*HELLO, {"role": "assistant", "content": "Hi"}, *HELLO]},
    "names": {"messages": [{"role": "user", "content": "x", "name": "ann"}]},
    "images_inline": {"messages": user({"type": "image_url", "image_url": {"url": PIXEL}})},
    "images_url": {"messages": user({"type": "image_url", "image_url": {"url": "https://example.com/a.png"}})},
    "image_detail": {"messages": user({"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}})},
    "documents": {"messages": user({"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBERi0="}})},
    "tools": {"tools": [TOOL], "messages": [*HELLO, {"role": "assistant", "tool_calls": [CALL]}, RESULT]},
    "one_tool": {"tools": [TOOL], "parallel_tool_calls": False},
    "tool_choice": {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "f"}}},
    "strict_tools": {"tools": [TOOL]},
    "other_tools": {"tools": [{"type": "custom", "custom": {"name": "f"}}]},
    "json_schema": {"response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}}},
    "json_object": {"response_format": {"type": "json_object"}},
    "max_tokens": {"max_completion_tokens": 9},
    "temperature": {"temperature": 0.5},
    "high_temperature": {"temperature": 1.9},
    "top_p": {"top_p": 0.5},
    "stop": {"stop": ["a", "b"]},
    "choices": {"n": 2},
    "penalties": {"presence_penalty": 1.5, "frequency_penalty": -1},
    "seed": {"seed": 7},
    "logprobs": {"logprobs": True, "top_logprobs": 2},
    "logit_bias": {"logit_bias": {"50256": -100}},
    "reasoning_effort": {"reasoning_effort": "high"},
    "no_reasoning": {"reasoning_effort": "none"},
    "user": {"user": "u", "safety_identifier": "u"},
    "stored_answers": {"store": False, "metadata": {"a": "b"}},
    "cache_keys": {"prompt_cache_key": "k", "prompt_cache_retention": "24h"},
    "unknown": {"a_member_of_tomorrow": {"a": 1}},
}  # fmt: skip


def proves_all(test: Any) -> Any:
    """Mark the cells of all that is sent."""
    for feature in SENT:
        test = pytest.mark.feature(feature, "openai", "straight through")(test)
    return test


@proves_all
def test_what_is_sent(chat: Chat) -> None:
    for feature, members in SENT.items():
        received = chat.sent("openai", {"model": "gpt-4o-mini", **members}, whole(chat_answer()))
        assert received.json == {"messages": HELLO, "model": "gpt-4o-mini", **members}, feature


def test_what_is_sent_to_others_that_speak_the_format(chat: Chat) -> None:
    members = {"model": "llama-3.3-70b-versatile", "seed": 7, "tools": [TOOL], "a_member_of_tomorrow": {"a": 1}}
    received = chat.sent("groq", members, whole(chat_answer()))
    assert received.json == {"messages": HELLO, **members}
    assert received.target == "/openai/v1/chat/completions"


@pytest.mark.feature("parallel_tools", "openai", "straight through")
@pytest.mark.feature("reasoning_text", "openai", "straight through", note="where the provider sends it")
@pytest.mark.feature("finish_reasons", "openai", "straight through")
@pytest.mark.feature("usage", "openai", "straight through")
def test_what_is_answered(chat: Chat) -> None:
    message = {"role": "assistant", "content": None, "tool_calls": [CALL, {**CALL, "id": "d"}], "reasoning_content": "Hm."}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    answer = {**chat_answer(), "choices": [choice], "a_member_of_tomorrow": 1}
    assert chat.completion("openai", {"model": "gpt-4o-mini"}, whole(answer)) == answer


@pytest.mark.feature("streaming", "openai", "straight through")
@pytest.mark.feature(
    "stream_usage", "openai", "straight through", note="always asked for; its chunk is taken out where the caller did not ask"
)
def test_what_is_streamed(chat: Chat) -> None:
    ask = {"model": "gpt-4o-mini"}
    chunks = chat.chunks("openai", ask, chat_stream("a", "b"))
    assert chunks == [chat_chunk("a", usage=None), chat_chunk("b", usage=None)]
    assert chat.fake.last.json["stream_options"] == {"include_usage": True}
    chunks = chat.chunks("openai", {**ask, "stream_options": {"include_usage": True}}, chat_stream("a", "b"))
    assert len(chunks) == 3
    assert chunks[-1]["usage"]["total_tokens"] == 15


@pytest.mark.feature("errors", "openai", "straight through")
def test_errors(chat: Chat) -> None:
    error = {"error": {"message": "No such model.", "type": "invalid_request_error", "param": None, "code": "model_not_found"}}
    got = chat.ask("openai", {"model": "gpt-4o-mini"}, whole(error, status=404))
    assert (got.status_code, got.json()) == (404, error)
    got = chat.ask("openai", {"model": "gpt-4o-mini", "stream": True}, stream(*events(chat_chunk("a"), error, done=False)))
    assert json.loads(data_lines(got.content)[-1]) == error


ONE_ACCOUNT = "all apps share one provider account"
UNBOUND = "only `verbosity` goes through: the cost of the others can't be bound"


@pytest.mark.feature("stored_files", "openai", "refused", note=ONE_ACCOUNT)
@pytest.mark.feature("service_tier", "openai", "refused", note="`flex` goes through; others are billed at other rates")
@pytest.mark.feature("extras", "openai", "refused", note=UNBOUND)
@pytest.mark.feature("audio", "openai", "refused", note="billed at audio rates, which are not metered")
def test_what_is_refused(chat: Chat) -> None:
    cases: dict[str, dict[str, Any]] = {
        "messages[].content[].file.file_id": {"messages": user({"type": "file", "file": {"file_id": "f"}})},
        "service_tier": {"service_tier": "priority"},
        "web_search_options": {"web_search_options": {"search_context_size": "low"}},
        "prediction": {"prediction": {"type": "content", "content": "x"}},
        "moderation": {"moderation": {"model": "m"}},
        "modalities[]": {"modalities": ["text", "audio"]},
        "messages[].content[].type": {"messages": user({"type": "input_audio", "input_audio": {}})},
    }
    for member, members in cases.items():
        got = chat.ask("openai", {"model": "gpt-4o-mini", **members}, whole(chat_answer()))
        assert (got.status_code, got.json()["error"]["code"]) == (403, "path_not_allowed"), member
        assert got.json()["error"]["details"] == {"member": member}
    assert chat.fake.received == []
