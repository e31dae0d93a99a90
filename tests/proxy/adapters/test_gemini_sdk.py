"""OpenAI's own Python SDK (3.54.0) talks to Gemini through the OpenAI-compatible door and understands what comes back."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai import OpenAI
from pydantic import BaseModel

from tests.fake_provider import stream, whole
from tests.proxy.adapters.chatting import Chat
from tests.proxy.adapters.gemini_said import candidate, events, response, streamed

FLASH = "google/gemini-3-flash-preview"
WEATHER: Any = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}
CALLS = (
    {"functionCall": {"id": "fc-1", "name": "weather", "args": {"city": "Paris"}}, "thoughtSignature": "<Signature A>"},
    {"functionCall": {"id": "fc-2", "name": "weather", "args": {"city": "London"}}},
)


def test_a_chat(chat: Chat, sdk: OpenAI) -> None:
    chat.fake.will(whole(response(candidate({"text": "Meow."}))))
    got = sdk.chat.completions.create(model=FLASH, messages=[{"role": "user", "content": "Hello"}], max_completion_tokens=50)
    assert got.choices[0].message.content == "Meow."
    assert got.choices[0].finish_reason == "stop"
    assert got.usage is not None
    assert (got.usage.prompt_tokens, got.usage.completion_tokens) == (8, 4)


def test_a_whole_conversation_with_tools(chat: Chat, sdk: OpenAI) -> None:
    """The SDK's own message goes back as it came, and with it the signature that Gemini insists on."""
    chat.fake.will(whole(response(candidate(*CALLS))))
    messages: list[Any] = [{"role": "user", "content": "Weather in Paris and London?"}]
    said = sdk.chat.completions.create(model=FLASH, messages=messages, tools=[WEATHER]).choices[0].message
    assert said.tool_calls is not None
    messages.append(said)
    messages += [{"role": "tool", "tool_call_id": call.id, "content": '{"temp":"15C"}'} for call in said.tool_calls]
    chat.fake.will(whole(response(candidate({"text": "15C in both."}))))
    assert sdk.chat.completions.create(model=FLASH, messages=messages, tools=[WEATHER]).choices[0].message.content == "15C in both."
    _, model, results = chat.fake.last.json["contents"]
    assert model == {"role": "model", "parts": list(CALLS)}
    assert [part["functionResponse"]["id"] for part in results["parts"]] == ["fc-1", "fc-2"]


def test_a_stream_with_tools_adds_up(chat: Chat, sdk: OpenAI) -> None:
    talk = (
        response(candidate({"text": "Let me "}, reason=None)),
        response(candidate({"text": "see."}, reason=None)),
        response(candidate(*CALLS)),
    )
    chat.fake.will(streamed(*talk))
    with sdk.chat.completions.stream(
        model=FLASH, messages=[{"role": "user", "content": "Hello"}], tools=[WEATHER], stream_options={"include_usage": True}
    ) as streaming:
        got = streaming.get_final_completion()
    message = got.choices[0].message
    assert message.content == "Let me see."
    assert got.choices[0].finish_reason == "tool_calls"
    assert [(call.id, call.function.arguments) for call in message.tool_calls or []] == [
        ("fc-1", '{"city":"Paris"}'),
        ("fc-2", '{"city":"London"}'),
    ]
    assert got.usage is not None
    assert got.usage.total_tokens == 12
    chat.fake.will(whole(response(candidate({"text": "15C in both."}))))
    results: list[Any] = [{"role": "tool", "tool_call_id": call.id, "content": "15C"} for call in message.tool_calls or []]
    sdk.chat.completions.create(model=FLASH, messages=[{"role": "user", "content": "Hello"}, message.model_dump(), *results])  # type: ignore[list-item]
    assert chat.fake.last.json["contents"][1]["parts"] == [{"text": "Let me see."}, *CALLS]


class Cat(BaseModel):
    """A cat."""

    name: str
    lives: int | None


def test_structured_output(chat: Chat, sdk: OpenAI) -> None:
    chat.fake.will(whole(response(candidate({"text": '{"name": "Neko", "lives": 9}'}))))
    got = sdk.chat.completions.parse(model=FLASH, messages=[{"role": "user", "content": "A cat?"}], response_format=Cat)
    assert got.choices[0].message.parsed == Cat(name="Neko", lives=9)
    schema = chat.fake.last.json["generationConfig"]["responseJsonSchema"]
    assert schema["properties"]["lives"]["anyOf"] == [{"type": "integer"}, {"type": "null"}]


def test_a_blocked_prompt_is_a_refusal(chat: Chat, sdk: OpenAI) -> None:
    chat.fake.will(whole(response(promptFeedback={"blockReason": "SAFETY"})))
    choice = sdk.chat.completions.create(model=FLASH, messages=[{"role": "user", "content": "Hello"}]).choices[0]
    assert (choice.finish_reason, choice.message.refusal) == ("content_filter", "Gemini blocked the prompt: SAFETY.")


def test_errors_are_raised_with_geminis_words(chat: Chat, sdk: OpenAI) -> None:
    error = {"error": {"code": 429, "message": "Resource has been exhausted.", "status": "RESOURCE_EXHAUSTED"}}
    chat.fake.will(whole(error, 429))
    with pytest.raises(openai.RateLimitError, match="Resource has been exhausted"):
        sdk.chat.completions.create(model=FLASH, messages=[{"role": "user", "content": "Hello"}])
    chat.fake.will(stream(*events(response(candidate({"text": "Me"}, reason=None)), error)))
    with pytest.raises(openai.APIError, match="Resource has been exhausted"):
        list(sdk.chat.completions.create(model=FLASH, messages=[{"role": "user", "content": "Hello"}], stream=True))


def test_a_refusal_of_the_relay_names_the_member(chat: Chat, sdk: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        sdk.chat.completions.create(model=FLASH, messages=[{"role": "user", "content": "Hello"}], logit_bias={"1": 5})
    assert "logit_bias" in str(caught.value)
    assert chat.fake.received == []
