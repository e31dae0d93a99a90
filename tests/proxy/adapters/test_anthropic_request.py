"""What Anthropic receives for a chat call, against bodies written by hand from its documentation.

Pages of platform.claude.com/docs/en, stored copies read 2026-11-23: api/messages, api/versioning, build-with-claude/vision,
pdf-support, structured-outputs, effort, thinking, agents-and-tools/tool-use/define-tools, handle-tool-calls,
parallel-tool-use, strict-tool-use; cli-sdks-libraries/libraries/openai-sdk (hoisting of system messages).
"""

from __future__ import annotations

from typing import Any

import pytest

from proxy.adapters.anthropic_messages import conversation
from proxy.adapters.anthropic_request import native_members
from tests.proxy.adapters.anthropic_by_hand import MODEL, answered
from tests.proxy.adapters.chatting import HELLO, Chat
from tests.proxy.conftest import KEYS

HELLO_TURN = {"role": "user", "content": [{"type": "text", "text": "Hello"}]}
WEATHER = {
    "type": "object",
    "properties": {"location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"}},
    "required": ["location"],
}
TOOL = {"type": "function", "function": {"name": "get_weather", "description": "Get the weather.", "parameters": WEATHER}}
NATIVE_TOOL = {"name": "get_weather", "description": "Get the weather.", "input_schema": WEATHER}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def body_of(chat: Chat, **members: Any) -> Any:
    """The JSON that Anthropic received."""
    return chat.sent("anthropic", {"model": MODEL, "max_tokens": 1024, **members}, answered()).json


def added_by(chat: Chat, **members: Any) -> Any:
    """What the members add to the body of the plainest call."""
    plain = {"model": MODEL, "max_tokens": 1024, "messages": [HELLO_TURN]}
    body = body_of(chat, **members)
    assert {name: body[name] for name in plain} == plain
    return {name: value for name, value in body.items() if name not in plain}


def test_where_it_goes_and_with_which_headers(chat: Chat) -> None:
    received = chat.sent("anthropic", {"model": MODEL, "max_tokens": 1024}, answered())
    assert (received.method, received.target) == ("POST", "/v1/messages")
    assert received.json == {"model": MODEL, "max_tokens": 1024, "messages": [HELLO_TURN]}
    headers = {name: value for name, value in received.headers.items() if name not in {"host", "content-length"}}
    assert headers == {
        "x-api-key": KEYS["anthropic"],
        "anthropic-version": "2023-06-01",
        "content-type": "application/json",
        "accept": "application/json",
        "accept-encoding": "identity",
        "user-agent": "1Relay",
    }


def test_its_version_is_the_one_the_adapter_is_written_for(chat: Chat) -> None:
    """A caller's own anthropic-version can't change what the body means; on passthrough it is passed on."""
    chat.fake.will(answered())
    body = {"provider": "anthropic", "model": MODEL, "max_tokens": 9, "messages": HELLO}
    chat.relay.chat(chat.linked.access_token, body, anthropic_version="2026-10-21", anthropic_beta="x-1")
    assert chat.fake.last.headers["anthropic-version"] == "2023-06-01"
    assert chat.fake.last.headers["anthropic-beta"] == "x-1"
    native = {"model": MODEL, "max_tokens": 9, "messages": HELLO}
    chat.relay.passthrough(chat.linked.access_token, "anthropic", "/v1/messages", native)
    assert "anthropic-version" not in chat.fake.last.headers


@pytest.mark.feature("system", "anthropic", "native", note="joined at the beginning, wherever they stand")
@pytest.mark.feature("turns", "anthropic", "native")
def test_system_prompts_and_turns(chat: Chat) -> None:
    body = body_of(
        chat,
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "developer", "content": [{"type": "text", "text": "Speak French."}, {"type": "text", "text": ""}]},
            {"role": "user", "content": "Hi"},
            {"role": "user", "content": [{"type": "text", "text": "there"}]},
            {"role": "assistant", "content": "Salut", "refusal": None, "annotations": [], "audio": None, "tool_calls": None},
            {"role": "system", "content": "Now German."},
            {"role": "user", "content": "Again"},
        ],
    )
    assert body["system"] == [
        {"type": "text", "text": "Be brief."},
        {"type": "text", "text": "Speak French."},
        {"type": "text", "text": "Now German."},
    ]
    assert body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "text", "text": "there"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "Salut"}]},
        {"role": "user", "content": [{"type": "text", "text": "Again"}]},
    ]


@pytest.mark.feature("images_inline", "anthropic", "native", note="JPEG, PNG, GIF, WebP")
@pytest.mark.feature("images_url", "anthropic", "native", note="Anthropic fetches it")
@pytest.mark.feature("documents", "anthropic", "native")
def test_images_and_documents(chat: Chat) -> None:
    address = "https://upload.wikimedia.org/wikipedia/commons/a/a7/Camponotus_flavomarginatus_ant.jpg"
    body = body_of(
        chat,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}", "detail": "high"}},
                    {"type": "image_url", "image_url": {"url": address}},
                    {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0xLjQK"}},
                    {"type": "text", "text": "Describe these."},
                ],
            }
        ],
    )
    assert body["messages"][0]["content"] == [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
        {"type": "image", "source": {"type": "url", "url": address}},
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjQK"}, "title": "a.pdf"},
        {"type": "text", "text": "Describe these."},
    ]


@pytest.mark.feature("tools", "anthropic", "native")
@pytest.mark.feature("parallel_tools", "anthropic", "native")
def test_tools_their_calls_and_their_results(chat: Chat) -> None:
    """handle-tool-calls: tool results come first in the user turn that follows; parallel-tool-use: all of them in one."""
    bare = {"type": "function", "function": {"name": "get_time"}}
    body = body_of(
        chat,
        tools=[TOOL, bare],
        messages=[
            {"role": "user", "content": "Weather and time?"},
            {
                "role": "assistant",
                "content": None,
                "reasoning_content": "Two calls.",
                "tool_calls": [
                    {"id": "toolu_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"location": "Paris"}'}},
                    {"id": "toolu_2", "type": "function", "function": {"name": "get_time", "arguments": ""}},
                ],
            },
            {"role": "tool", "tool_call_id": "toolu_1", "name": "get_weather", "content": "15 degrees"},
            {"role": "tool", "tool_call_id": "toolu_2", "content": [{"type": "text", "text": "14:30"}]},
            {"role": "user", "content": "And tomorrow?"},
        ],
    )
    assert body["tools"] == [NATIVE_TOOL, {"name": "get_time", "input_schema": {"type": "object"}}]
    assert body["messages"][1:] == [
        {
            "role": "assistant",
            "content": [
                {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"location": "Paris"}},
                {"type": "tool_use", "id": "toolu_2", "name": "get_time", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "15 degrees"}]},
                {"type": "tool_result", "tool_use_id": "toolu_2", "content": [{"type": "text", "text": "14:30"}]},
                {"type": "text", "text": "And tomorrow?"},
            ],
        },
    ]


def test_thoughts_go_back_where_they_were(chat: Chat) -> None:
    """thinking-tool-workflows: blocks come back complete, unmodified and in place, or the call is refused."""
    thoughts = [
        {"index": 0, "type": "redacted_thinking", "data": "Eq=="},
        {"index": 2, "type": "thinking", "thinking": "", "signature": "EqQB"},
    ]
    call = {"id": "toolu_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    said = {"role": "assistant", "content": "Looking.", "tool_calls": [call], "thinking_blocks": thoughts}
    body = body_of(chat, tools=[TOOL], messages=[*HELLO, said, {"role": "tool", "tool_call_id": "toolu_1", "content": "15"}])
    assert body["messages"][1]["content"] == [
        {"type": "redacted_thinking", "data": "Eq=="},
        {"type": "text", "text": "Looking."},
        {"type": "thinking", "thinking": "", "signature": "EqQB"},
        {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}},
    ]


def test_thoughts_alone_go_back() -> None:
    """As a model answers whose limit ended within its thoughts."""
    thought = {"type": "thinking", "thinking": "Hm", "signature": "EqQB"}
    for content in ({}, {"content": None}, {"content": ""}):
        _, turns = conversation([*HELLO, {"role": "assistant", **content, "thinking_blocks": [{"index": 0, **thought}]}])
        assert turns[-1] == {"role": "assistant", "content": [thought]}


def test_thoughts_come_before_the_tools_that_follow_them() -> None:
    """Texts that were several come back as one, which moves what stood behind them."""
    thoughts = [{"type": "thinking", "thinking": text, "signature": "EqQB"} for text in ("One", "Two")]
    calls = [{"id": f"t{number}", "type": "function", "function": {"name": "f", "arguments": "{}"}} for number in (1, 2)]
    placed = [{"index": place, **thought} for place, thought in zip((2, 4), thoughts, strict=True)]
    _, turns = conversation([{"role": "assistant", "content": "x", "tool_calls": calls, "thinking_blocks": placed}])
    assert [block["type"] for block in turns[0]["content"]] == ["text", "thinking", "thinking", "tool_use", "tool_use"]
    assert turns[0]["content"][1:3] == thoughts


@pytest.mark.feature("tool_choice", "anthropic", "native")
@pytest.mark.feature("one_tool", "anthropic", "native")
def test_tool_choice(chat: Chat) -> None:
    named = {"type": "function", "function": {"name": "get_weather"}}
    cases: list[tuple[dict[str, Any], Any]] = [
        ({}, None),
        ({"tool_choice": "auto"}, {"type": "auto"}),
        ({"tool_choice": "none"}, {"type": "none"}),
        ({"tool_choice": "required"}, {"type": "any"}),
        ({"tool_choice": named}, {"type": "tool", "name": "get_weather"}),
        ({"parallel_tool_calls": True}, None),
        ({"parallel_tool_calls": False}, {"type": "auto", "disable_parallel_tool_use": True}),
        ({"parallel_tool_calls": False, "tool_choice": "required"}, {"type": "any", "disable_parallel_tool_use": True}),
        ({"parallel_tool_calls": False, "tool_choice": named}, {"type": "tool", "name": "get_weather", "disable_parallel_tool_use": True}),
        ({"parallel_tool_calls": False, "tool_choice": "none"}, {"type": "none"}),
    ]
    for members, expected in cases:
        added = added_by(chat, tools=[TOOL], **members)
        assert added == {"tools": [NATIVE_TOOL]} | ({"tool_choice": expected} if expected else {}), members


@pytest.mark.feature("strict_tools", "anthropic", "native")
def test_strict_tools(chat: Chat) -> None:
    strict = {"type": "function", "function": {**TOOL["function"], "strict": True}}  # type: ignore[dict-item]
    assert added_by(chat, tools=[strict]) == {"tools": [{**NATIVE_TOOL, "strict": True}]}


@pytest.mark.feature("json_schema", "anthropic", "native", note="always enforced, as with `strict`")
def test_structured_output(chat: Chat) -> None:
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "demo_requested": {"type": "boolean"}},
        "required": ["name", "demo_requested"],
        "additionalProperties": False,
    }
    asked = {"name": "contact", "strict": True, "schema": schema}
    added = added_by(chat, response_format={"type": "json_schema", "json_schema": asked})
    assert added == {"output_config": {"format": {"type": "json_schema", "schema": schema}}}
    described = {**asked, "description": "A person"}
    added = added_by(chat, response_format={"type": "json_schema", "json_schema": described}, reasoning_effort="low")
    assert added == {
        "output_config": {"format": {"type": "json_schema", "schema": {"description": "A person", **schema}}, "effort": "low"},
        "thinking": {"type": "adaptive"},
    }
    assert added_by(chat, response_format={"type": "text"}) == {}


@pytest.mark.feature("temperature", "anthropic", "native", note="newer models refuse it themselves")
@pytest.mark.feature("top_p", "anthropic", "native", note="newer models refuse it themselves")
@pytest.mark.feature("stop", "anthropic", "native")
@pytest.mark.feature("user", "anthropic", "native")
def test_sampling_stop_and_user(chat: Chat) -> None:
    assert added_by(chat, temperature=1, stop="END") == {"temperature": 1, "stop_sequences": ["END"]}
    added = added_by(chat, temperature=0.2, top_p=0.9, stop=["a", "b"], user="u-1")
    assert added == {"temperature": 0.2, "top_p": 0.9, "stop_sequences": ["a", "b"], "metadata": {"user_id": "u-1"}}
    assert added_by(chat, safety_identifier="u-2") == {"metadata": {"user_id": "u-2"}}


@pytest.mark.feature("reasoning_effort", "anthropic", "native", note="low to max, on models from Claude 4.6 on")
@pytest.mark.feature("no_reasoning", "anthropic", "native")
def test_reasoning_effort(chat: Chat) -> None:
    """effort: `output_config.effort`; thinking: adaptive is how models from 4.6 on think, disabled how they don't."""
    for effort in ("low", "medium", "high", "xhigh", "max"):
        added = added_by(chat, reasoning_effort=effort)
        assert added == {"thinking": {"type": "adaptive"}, "output_config": {"effort": effort}}
    assert added_by(chat, reasoning_effort="none") == {"thinking": {"type": "disabled"}}


@pytest.mark.feature("max_tokens", "anthropic", "native", note="needed there: without it, the model's own limit is sent, or 4096")
def test_output_limits(chat: Chat) -> None:
    assert body_of(chat, max_tokens=None, max_completion_tokens=77)["max_tokens"] == 77
    assert body_of(chat, max_tokens=77, max_completion_tokens=77)["max_tokens"] == 77
    # /docs/en/models/opus-4-6/overview and sonnet-4-5/overview, "Max output": 128K and 64K tokens
    assert chat.sent("anthropic", {"model": "claude-opus-4-6"}, answered()).json["max_tokens"] == 128_000
    assert chat.sent("anthropic", {"model": "claude-sonnet-4-5-20250929"}, answered()).json["max_tokens"] == 64_000


def test_without_a_limit_the_models_own_is_sent_or_one_that_every_model_takes() -> None:
    members = {"model": MODEL, "messages": HELLO}
    assert native_members(members, 64_000)["max_tokens"] == 64_000
    assert native_members(members, None)["max_tokens"] == 4096


def test_members_that_ask_for_nothing_are_fine(chat: Chat) -> None:
    nothing: dict[str, Any] = {
        "n": 1, "seed": None, "logprobs": False, "presence_penalty": 0, "frequency_penalty": 0.0, "logit_bias": {}, "store": False,
        "metadata": None, "service_tier": "auto", "modalities": ["text"], "stream": False, "stop": None, "tools": None,
        "temperature": None, "response_format": None, "stream_options": None, "tool_choice": None,
    }  # fmt: skip
    assert added_by(chat, **nothing) == {}
