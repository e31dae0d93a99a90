"""What Anthropic can't do is refused by name, before anything is sent: nothing is dropped."""

from __future__ import annotations

from typing import Any

import pytest

from tests.proxy.adapters.anthropic_by_hand import MODEL
from tests.proxy.adapters.chatting import accepted, refusal

TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
SCHEMA = {"name": "s", "schema": {"type": "object", "description": "one"}, "description": "another"}


def refused(feature: str, *names: str) -> Any:
    """The mark of a refused feature, and an id."""
    return {"marks": pytest.mark.feature(feature, "anthropic", "refused"), "id": "-".join(names) or feature}


CASES = [
    pytest.param({"temperature": 1.5}, "temperature", **refused("high_temperature")),
    pytest.param({"n": 2}, "n", **refused("choices")),
    pytest.param({"presence_penalty": 0.1}, "presence_penalty", **refused("penalties", "presence")),
    pytest.param({"frequency_penalty": -0.1}, "frequency_penalty", **refused("penalties", "frequency")),
    pytest.param({"seed": 0}, "seed", **refused("seed")),
    pytest.param({"logprobs": True}, "logprobs", **refused("logprobs")),
    pytest.param({"top_logprobs": 1}, "top_logprobs", **refused("logprobs", "top_logprobs")),
    pytest.param({"logit_bias": {"1": 1}}, "logit_bias", **refused("logit_bias")),
    pytest.param({"store": True}, "store", **refused("stored_answers", "store")),
    pytest.param({"metadata": {"a": "b"}}, "metadata", **refused("stored_answers", "metadata")),
    pytest.param({"service_tier": "flex"}, "service_tier", **refused("service_tier")),
    pytest.param({"prompt_cache_key": "k"}, "prompt_cache_key", **refused("cache_keys", "key")),
    pytest.param({"prompt_cache_retention": "24h"}, "prompt_cache_retention", **refused("cache_keys", "retention")),
    pytest.param({"prompt_cache_options": {"mode": "implicit"}}, "prompt_cache_options", **refused("cache_keys", "options")),
    pytest.param({"verbosity": "low"}, "verbosity", **refused("extras", "verbosity")),
    pytest.param({"prediction": {"type": "content", "content": "x"}}, "prediction", **refused("extras", "prediction")),
    pytest.param({"web_search_options": {}}, "web_search_options", **refused("extras", "web_search")),
    pytest.param({"moderation": {"model": "m"}}, "moderation", **refused("extras", "moderation")),
    pytest.param({"modalities": ["text", "audio"]}, "modalities", **refused("audio", "modalities")),
    pytest.param({"audio": {"voice": "alloy", "format": "wav"}}, "audio", **refused("audio", "out")),
    pytest.param({"functions": [{"name": "f"}]}, "functions", **refused("other_tools", "functions")),
    pytest.param({"function_call": "auto"}, "function_call", **refused("other_tools", "function_call")),
    pytest.param({"tools": [{"type": "custom", "custom": {"name": "f"}}]}, "tools[0].type", **refused("other_tools", "custom")),
    pytest.param(
        {"tools": [TOOL], "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}},
        "tool_choice",
        **refused("other_tools", "allowed_tools"),
    ),
    pytest.param({"response_format": {"type": "json_object"}}, "response_format.type", **refused("json_object")),
    pytest.param({"top_k": 3}, "top_k", **refused("unknown")),
    pytest.param({"temperature": -1}, "temperature", id="cold"),
    pytest.param({"temperature": True}, "temperature", id="temperature-flag"),
    pytest.param({"top_p": "1"}, "top_p", id="top_p-text"),
    pytest.param({"reasoning_effort": "minimal"}, "reasoning_effort", id="minimal"),
    pytest.param({"reasoning_effort": "high", "model": "claude-haiku-4-5"}, "reasoning_effort", id="effort-4.5"),
    pytest.param({"reasoning_effort": "high", "model": "claude-opus-4-1-20250805"}, "reasoning_effort", id="effort-4.1"),
    pytest.param({"reasoning_effort": "high", "model": "claude-sonnet-4-20250514"}, "reasoning_effort", id="effort-4"),
    pytest.param({"reasoning_effort": "high", "model": "claude-3-7-sonnet-latest"}, "reasoning_effort", id="effort-3.7"),
    pytest.param({"response_format": {"type": "json_schema"}}, "response_format.json_schema", id="schema-missing"),
    pytest.param(
        {"response_format": {"type": "json_schema", "json_schema": SCHEMA}},
        "response_format.json_schema.description",
        id="two-descriptions",
    ),
    pytest.param({"tool_choice": "auto"}, "tool_choice", id="choice-without-tools"),
    pytest.param({"parallel_tool_calls": False}, "parallel_tool_calls", id="parallel-without-tools"),
    pytest.param({"stream_options": {"include_usage": True}}, "stream_options", id="options-without-stream"),
    pytest.param({"stream": True, "stream_options": {"x": 1}}, "stream_options.x", id="unknown-option"),
    pytest.param({"stream": "yes"}, "stream", id="stream-text"),
    pytest.param({"stop": [1]}, "stop", id="stop-number"),
    pytest.param({"max_tokens": 5, "max_completion_tokens": 6}, "max_tokens", id="two-limits"),
    pytest.param({"max_tokens": 0}, "max_tokens", id="no-tokens"),
    pytest.param({"max_completion_tokens": "5"}, "max_completion_tokens", id="text-tokens"),
    pytest.param({"user": "a", "safety_identifier": "b"}, "user", id="two-users"),
    pytest.param({"user": 1}, "user", id="user-number"),
    pytest.param({"messages": []}, "messages", id="no-messages"),
    pytest.param({"messages": "hi"}, "messages", id="messages-text"),
    pytest.param({"messages": [{"role": "system", "content": "x"}]}, "messages", id="system-alone"),
]  # fmt: skip


@pytest.mark.parametrize(("members", "field"), CASES)
def test_members(members: dict[str, Any], field: str) -> None:
    fields = refusal("anthropic", {"model": MODEL, "max_tokens": 9, **members})
    assert list(fields) == [field]
    assert fields[field][0].endswith((".", "…"))


def user(part: Any) -> list[Any]:
    """One user message with that part."""
    return [{"role": "user", "content": [part]}]


def image(**members: Any) -> list[Any]:
    """One user message with that image."""
    return user({"type": "image_url", "image_url": {"url": "https://example.com/a.png", **members}})


def call(**function: Any) -> list[Any]:
    """An assistant message with one call of that function."""
    return [{"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", **function}}]}]


def thought(**block: Any) -> list[Any]:
    """An assistant message with that block of thoughts."""
    return [{"role": "assistant", "content": "x", "thinking_blocks": [block]}]


MESSAGES = [
    pytest.param([{"role": "user", "content": "x", "name": "ann"}], "messages[0].name", **refused("names")),
    pytest.param(image(detail="low"), "messages[0].content[0].image_url.detail", **refused("image_detail")),
    pytest.param(user({"type": "file", "file": {"file_id": "f"}}), "messages[0].content[0].file.file_id", **refused("stored_files")),
    pytest.param(
        user({"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}), "messages[0].content[0].type", **refused("audio", "in")
    ),
    pytest.param(image(url="http://example.com/a.png"), "messages[0].content[0].image_url.url", id="plain-http"),
    pytest.param(image(url="data:image/tiff;base64,AA=="), "messages[0].content[0].image_url.url", id="tiff"),
    pytest.param(image(url="data:image/png,AA"), "messages[0].content[0].image_url.url", id="no-base64"),
    pytest.param(image(url="file:///etc/passwd"), "messages[0].content[0].image_url.url", id="file-address"),
    pytest.param(image(url=3), "messages[0].content[0].image_url.url", id="url-number"),
    pytest.param(
        user({"type": "file", "file": {"file_data": "data:text/csv;base64,AA=="}}), "messages[0].content[0].file.file_data", id="csv"
    ),
    pytest.param(user({"type": "text", "text": "x", "cache_control": {}}), "messages[0].content[0].cache_control", id="cache-control"),
    pytest.param(user({"type": "video"}), "messages[0].content[0].type", id="video"),
    pytest.param(user("x"), "messages[0].content[0]", id="bare-part"),
    pytest.param([{"role": "user", "content": None}], "messages[0].content", id="no-content"),
    pytest.param([{"role": "function", "name": "f", "content": "x"}], "messages[0].role", id="function-role"),
    pytest.param(["x"], "messages[0]", id="bare-message"),
    pytest.param([{"role": "assistant", "content": ""}], "messages[0].content", id="empty-assistant"),
    pytest.param([{"role": "assistant", "content": "x", "audio": {"id": "a"}}], "messages[0].audio", id="audio-before"),
    pytest.param(thought(type="text"), "messages[0].thinking_blocks[0].type", id="no-thought"),
    pytest.param(thought(type="thinking", thinking="x"), "messages[0].thinking_blocks[0].signature", id="unsigned-thought"),
    pytest.param(thought(type="redacted_thinking", data="x", index=-1), "messages[0].thinking_blocks[0].index", id="no-place"),
    pytest.param(call(arguments="{"), "messages[0].tool_calls[0].function.arguments", id="broken-arguments"),
    pytest.param(call(arguments="[]"), "messages[0].tool_calls[0].function.arguments", id="list-arguments"),
    pytest.param([{"role": "tool", "content": "x"}], "messages[0].tool_call_id", id="no-call-id"),
    pytest.param(
        [{"role": "tool", "tool_call_id": "c", "content": [{"type": "image_url", "image_url": {"url": "https://a.b/c"}}]}],
        "messages[0].content[0].type",
        id="image-result",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("messages", "field"), MESSAGES)
def test_messages(messages: list[Any], field: str) -> None:
    assert list(refusal("anthropic", {"model": MODEL, "max_tokens": 9, "messages": messages})) == [field]


@pytest.mark.parametrize("model", ["claude-opus-4-6", "claude-sonnet-5-5", "claude-fable-5-2", "claude-mythos-preview", "claude-opus-5"])
def test_models_that_think_adaptively_take_an_effort(model: str) -> None:
    assert accepted("anthropic", {"model": model, "max_tokens": 9, "reasoning_effort": "high"})
