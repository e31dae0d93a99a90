"""OpenAI's official Python client, unchanged but for its base URL and key, in conversation with Anthropic."""

from __future__ import annotations

import openai
import pytest
from openai import OpenAI
from pydantic import BaseModel

from tests.fake_provider import whole
from tests.proxy.adapters.anthropic_by_hand import HELLO_STREAM, MESSAGE, MODEL, OVERLOADED, THOUGHT, TOOL_STREAM, answered, streamed
from tests.proxy.adapters.chatting import Chat

NAME = f"anthropic/{MODEL}"


def test_chat(sdk: OpenAI, chat: Chat) -> None:
    chat.fake.will(answered())
    completion = sdk.chat.completions.create(model=NAME, max_tokens=9, messages=[{"role": "user", "content": "Hello"}])
    assert completion.choices[0].message.content == "Hello!"
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage is not None
    assert completion.usage.total_tokens == 18
    assert chat.fake.last.json["model"] == MODEL


def test_streaming(sdk: OpenAI, chat: Chat) -> None:
    chat.fake.will(streamed(HELLO_STREAM))
    options = {"include_usage": True}
    chunks = list(
        sdk.chat.completions.create(
            model=NAME,
            max_tokens=9,
            messages=[{"role": "user", "content": "Hello"}],
            stream=True,
            stream_options=options,  # type: ignore[call-overload]
        )
    )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1]) == "Hello! éé"
    assert chunks[-1].usage.total_tokens == 40


def test_tools_there_and_back(sdk: OpenAI, chat: Chat) -> None:
    """The stream helper puts the calls together; the message goes back as it came, thoughts and all, the results after it."""
    chat.fake.will(streamed(TOOL_STREAM), answered())
    with sdk.chat.completions.stream(model=NAME, max_tokens=9, messages=[{"role": "user", "content": "Weather and time?"}]) as stream:
        message = stream.get_final_completion().choices[0].message
    calls = message.tool_calls or []
    assert [(call.function.name, call.function.arguments) for call in calls] == [
        ("get_weather", '{"location": "San Francisco, CA"}'),
        ("get_time", "{}"),
    ]
    results = [{"role": "tool", "tool_call_id": call.id, "content": "fine"} for call in calls]
    sdk.chat.completions.create(
        model=NAME,
        max_tokens=9,
        messages=[{"role": "user", "content": "Weather and time?"}, message, *results],  # type: ignore[list-item]
    )
    assert chat.fake.last.json["messages"][1:] == [
        {
            "role": "assistant",
            "content": [
                THOUGHT,
                {"type": "text", "text": "Okay"},
                {
                    "type": "tool_use",
                    "id": "toolu_01T1x1fJ34qAmk2tNTrN7Up6",
                    "name": "get_weather",
                    "input": {"location": "San Francisco, CA"},
                },
                {"type": "tool_use", "id": "toolu_01A09q90qw90lq917835lq9", "name": "get_time", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": call.id, "content": [{"type": "text", "text": "fine"}]} for call in calls],
        },
    ]


class Contact(BaseModel):
    """What the answer is parsed into."""

    name: str
    demo_requested: bool


def test_structured_output(sdk: OpenAI, chat: Chat) -> None:
    chat.fake.will(whole({**MESSAGE, "content": [{"type": "text", "text": '{"name":"Jane","demo_requested":true}'}]}))
    completion = sdk.chat.completions.parse(
        model=NAME, max_tokens=9, messages=[{"role": "user", "content": "Jane wants a demo."}], response_format=Contact
    )
    assert completion.choices[0].message.parsed == Contact(name="Jane", demo_requested=True)
    form = chat.fake.last.json["output_config"]["format"]
    assert form["type"] == "json_schema"
    assert form["schema"]["additionalProperties"] is False
    assert set(form["schema"]["properties"]) == {"name", "demo_requested"}


def test_errors(sdk: OpenAI, chat: Chat) -> None:
    """Ours, the provider's, and one within a stream: each is raised with its message."""
    with pytest.raises(openai.BadRequestError, match="seed"):
        sdk.chat.completions.create(model=NAME, messages=[{"role": "user", "content": "Hello"}], seed=1)
    error = {"type": "error", "error": {"type": "not_found_error", "message": "model: claude-x"}}
    chat.fake.will(whole(error, status=404), streamed(OVERLOADED))
    with pytest.raises(openai.NotFoundError, match="model: claude-x"):
        sdk.chat.completions.create(model=NAME, max_tokens=9, messages=[{"role": "user", "content": "Hello"}])
    with pytest.raises(openai.APIError, match="Overloaded"):
        list(sdk.chat.completions.create(model=NAME, max_tokens=9, messages=[{"role": "user", "content": "Hello"}], stream=True))
