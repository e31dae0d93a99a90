"""Tools, there and back.

The flight and weather conversations are those of https://ai.google.dev/gemini-api/docs/thought-signatures, which gives each
in OpenAI's format and in Gemini's own (stored copy of 2025-12, read 2026-11-23); ids in calls and results as on
/docs/function-calling ("pass the matching id"), `parametersJsonSchema` from https://ai.google.dev/api/caching,
FunctionDeclaration (2026-04-19).
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fake_provider import whole
from tests.proxy.adapters.chatting import HELLO, Chat, refusal
from tests.proxy.adapters.gemini_said import candidate, hello, response

MODEL = "gemini-3-flash-preview"
CHECK_FLIGHT = {
    "name": "check_flight",
    "description": "Gets the current status of a flight",
    "parameters": {
        "type": "object",
        "properties": {"flight": {"type": "string", "description": "The flight number to check."}},
        "required": ["flight"],
    },
}
ASKED = {"role": "user", "content": "Check flight status for AA100 and book a taxi 2 hours before if delayed."}


def call(call_id: str, name: str, arguments: str, signature: str | None = None) -> dict[str, Any]:
    """A tool call in OpenAI's format, with Google's extension for the signature."""
    signed = {"extra_content": {"google": {"thought_signature": signature}}} if signature else {}
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}, **signed}


def function(**members: Any) -> dict[str, Any]:
    """A tool in OpenAI's format."""
    return {"type": "function", "function": members}


def sent(chat: Chat, **members: Any) -> Any:
    """The body that Gemini received."""
    return chat.sent("google", {"model": MODEL, **members}, hello()).json


@pytest.mark.feature("tools", "google", "native", "thought signatures in `extra_content.google`")
def test_a_conversation_of_several_steps_keeps_every_signature(chat: Chat) -> None:
    messages = [
        ASKED,
        {"role": "assistant", "content": None, "tool_calls": [call("c1", "check_flight", '{"flight":"AA100"}', "<Signature A>")]},
        {"role": "tool", "name": "check_flight", "tool_call_id": "c1", "content": '{"status":"delayed","departure_time":"12 PM"}'},
        {"role": "assistant", "tool_calls": [call("c2", "book_taxi", '{"time":"10 AM"}', "<Signature B>")]},
        {"role": "tool", "tool_call_id": "c2", "content": '{"booking_status":"success"}'},
    ]
    assert sent(chat, messages=messages, tools=[function(**CHECK_FLIGHT), function(name="book_taxi")]) == {
        "contents": [
            {"role": "user", "parts": [{"text": ASKED["content"]}]},
            {
                "role": "model",
                "parts": [
                    {
                        "functionCall": {"id": "c1", "name": "check_flight", "args": {"flight": "AA100"}},
                        "thoughtSignature": "<Signature A>",
                    },
                ],
            },
            {
                "role": "user",
                "parts": [
                    {
                        "functionResponse": {
                            "id": "c1",
                            "name": "check_flight",
                            "response": {"status": "delayed", "departure_time": "12 PM"},
                        },
                    },
                ],
            },
            {
                "role": "model",
                "parts": [
                    {
                        "functionCall": {"id": "c2", "name": "book_taxi", "args": {"time": "10 AM"}},
                        "thoughtSignature": "<Signature B>",
                    },
                ],
            },
            {
                "role": "user",
                "parts": [
                    {"functionResponse": {"id": "c2", "name": "book_taxi", "response": {"booking_status": "success"}}},
                ],
            },
        ],
        "tools": [
            {
                "functionDeclarations": [
                    {
                        "name": "check_flight",
                        "description": "Gets the current status of a flight",
                        "parametersJsonSchema": {
                            "type": "object",
                            "properties": {"flight": {"type": "string", "description": "The flight number to check."}},
                            "required": ["flight"],
                        },
                    },
                    {"name": "book_taxi"},
                ],
            },
        ],
    }


@pytest.mark.feature("parallel_tools", "google", "native")
def test_results_of_parallel_calls_stand_together_after_the_calls(chat: Chat) -> None:
    calls = [
        call("c1", "get_current_temperature", '{"location":"Paris"}', "<Signature_A>"),
        call("c2", "get_current_temperature", '{"location":"London"}'),
    ]
    messages = [
        {"role": "user", "content": "Check the weather in Paris and London."},
        {"role": "assistant", "content": "", "tool_calls": calls},
        {"role": "tool", "tool_call_id": "c1", "content": '{"temp":"15C"}'},
        {"role": "tool", "tool_call_id": "c2", "content": [{"type": "text", "text": '{"temp":'}, {"type": "text", "text": '"12C"}'}]},
        {"role": "user", "content": "And?"},
    ]
    name = "get_current_temperature"
    assert sent(chat, messages=messages)["contents"] == [
        {"role": "user", "parts": [{"text": "Check the weather in Paris and London."}]},
        {
            "role": "model",
            "parts": [
                {"functionCall": {"id": "c1", "name": name, "args": {"location": "Paris"}}, "thoughtSignature": "<Signature_A>"},
                {"functionCall": {"id": "c2", "name": name, "args": {"location": "London"}}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"id": "c1", "name": name, "response": {"temp": "15C"}}},
                {"functionResponse": {"id": "c2", "name": name, "response": {"temp": "12C"}}},
            ],
        },
        {"role": "user", "parts": [{"text": "And?"}]},
    ]


@pytest.mark.parametrize(("model", "signature"), [(MODEL, "skip_thought_signature_validator"), ("gemini-2.5-flash", None)])
def test_a_call_whose_signature_got_lost_still_goes(chat: Chat, model: str, signature: str | None) -> None:
    """The value is the one of docs/thought-signatures, FAQ 1; Gemini 2.5 needs none."""
    messages = [*HELLO, {"role": "assistant", "content": "Let me see.", "tool_calls": [call("c1", "f", ""), call("c2", "f", "{}")]}]
    first, second, third = sent(chat, model=model, messages=messages)["contents"][1]["parts"]
    assert first == {"text": "Let me see."}
    signed = {} if signature is None else {"thoughtSignature": signature}
    assert second == {"functionCall": {"id": "c1", "name": "f", "args": {}}, **signed}
    assert third == {"functionCall": {"id": "c2", "name": "f", "args": {}}}


def test_a_result_is_an_object_and_loses_nothing(chat: Chat) -> None:
    """A text goes under `output`, as https://ai.google.dev/api/caching, FunctionResponse.response, has it (2026-04-19)."""
    expected: list[tuple[str, dict[str, Any]]] = [
        ("15 degrees", {"output": "15 degrees"}),
        ("[1, 2]", {"output": "[1, 2]"}),
        ("", {"output": ""}),
        ('{"error": "closed"}', {"error": "closed"}),
        ('{"id": 9007199254740993}', {"output": '{"id": 9007199254740993}'}),
        ('{"id": 9007199254740992}', {"id": 9007199254740992}),
        ('{"share": NaN}', {"output": '{"share": NaN}'}),
        ('{"share": 1e999}', {"output": '{"share": 1e999}'}),
        ('{"share": 0.5}', {"share": 0.5}),
    ]
    for result, response_sent in expected:
        messages = [
            *HELLO,
            {"role": "assistant", "tool_calls": [call("c1", "f", "{}")]},
            {"role": "tool", "tool_call_id": "c1", "content": result},
        ]
        part = sent(chat, messages=messages)["contents"][2]["parts"][0]
        assert part["functionResponse"]["response"] == response_sent


@pytest.mark.feature("tool_choice", "google", "native")
def test_tool_choice_is_the_calling_mode(chat: Chat) -> None:
    tools = [function(name="a"), function(name="b")]
    expected: list[tuple[Any, dict[str, Any]]] = [
        ("auto", {"mode": "AUTO"}),
        ("none", {"mode": "NONE"}),
        ("required", {"mode": "ANY"}),
        ({"type": "function", "function": {"name": "a"}}, {"mode": "ANY", "allowedFunctionNames": ["a"]}),
        (_allowed("required", "a", "b"), {"mode": "ANY", "allowedFunctionNames": ["a", "b"]}),
        (_allowed("auto", "b"), {"mode": "VALIDATED", "allowedFunctionNames": ["b"]}),
    ]
    for choice, config in expected:
        assert sent(chat, tools=tools, tool_choice=choice)["toolConfig"] == {"functionCallingConfig": config}
    assert "toolConfig" not in sent(chat, tools=tools)
    assert set(sent(chat, tool_choice="none")) == {"contents"}


def _allowed(mode: str, *names: str) -> dict[str, Any]:
    tools = [{"type": "function", "function": {"name": name}} for name in names]
    return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": tools}}


@pytest.mark.feature("strict_tools", "google", "native", "keywords that Gemini ignores are refused")
def test_strict_tools_are_validated(chat: Chat) -> None:
    schema = {"type": "object", "properties": {"kind": {"const": "new"}}, "required": ["kind"], "additionalProperties": False}
    body = sent(chat, tools=[function(name="a"), function(name="b", strict=True, parameters=schema)])
    assert body["toolConfig"] == {"functionCallingConfig": {"mode": "VALIDATED"}}
    native = {**schema, "properties": {"kind": {"enum": ["new"]}}}
    assert body["tools"] == [{"functionDeclarations": [{"name": "a"}, {"name": "b", "parametersJsonSchema": native}]}]
    ignored = {"type": "object", "properties": {"code": {"type": "string", "pattern": "^[A-Z]+$"}}}
    tools = [function(name="b", strict=True, parameters=ignored)]
    assert list(refusal("google", {"model": MODEL, "tools": tools})) == ["tools[0].function.parameters"]
    loose = sent(chat, tools=[function(name="b", strict=False, parameters=ignored)])
    assert loose["tools"][0]["functionDeclarations"][0]["parametersJsonSchema"] == ignored


@pytest.mark.feature("one_tool", "google", "refused")
def test_one_call_at_a_time_is_refused(chat: Chat) -> None:
    assert "parallel_tool_calls" in refusal("google", {"model": MODEL, "parallel_tool_calls": False})
    assert sent(chat, parallel_tool_calls=True) == sent(chat)


@pytest.mark.feature("other_tools", "google", "refused", "but `allowed_tools` is native")
@pytest.mark.parametrize(
    ("members", "place"),
    [
        ({"tools": [{"type": "custom", "custom": {"name": "a"}}]}, "tools[0].type"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"tools": [{"googleSearch": {}}]}, "tools[0].type"),
        ({"tools": [function(description="no name")]}, "tools[0].function"),
        ({"tools": [function(name="a", behavior="NON_BLOCKING")]}, "tools[0].function.behavior"),
        ({"tools": {"functionDeclarations": []}}, "tools"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tool_choice": {"type": "custom", "custom": {"name": "a"}}, "tools": [function(name="a")]}, "tool_choice"),
        ({"tool_choice": "any", "tools": [function(name="a")]}, "tool_choice"),
        ({"functions": [{"name": "a"}]}, "functions"),
        ({"function_call": "auto"}, "function_call"),
    ],
)
def test_other_tools_are_refused_by_place(members: dict[str, Any], place: str) -> None:
    assert list(refusal("google", {"model": MODEL, **members})) == [place]


@pytest.mark.parametrize(
    ("message", "place"),
    [
        ({"role": "tool", "tool_call_id": "c9", "content": "x"}, "messages[1].tool_call_id"),
        ({"role": "tool", "tool_call_id": ["c1"], "content": "x"}, "messages[1].tool_call_id"),
        ({"role": "assistant", "tool_calls": [call("c1", "f", "[1]")]}, "messages[1].tool_calls[0].function.arguments"),
        ({"role": "assistant", "tool_calls": [call("c1", "f", "{broken")]}, "messages[1].tool_calls[0].function.arguments"),
        ({"role": "assistant", "tool_calls": [call("c1", "f", '{"a": 1e999}')]}, "messages[1].tool_calls[0].function.arguments"),
        ({"role": "assistant", "tool_calls": [{"id": "c1", "type": "custom", "custom": {}}]}, "messages[1].tool_calls[0].custom"),
        ({"role": "assistant", "tool_calls": [{"type": "function", "function": {"name": "f"}}]}, "messages[1].tool_calls[0]"),
        ({"role": "assistant", "tool_calls": ["f"]}, "messages[1].tool_calls[0]"),
        ({"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}}, "messages[1].function_call"),
        ({"role": "assistant", "content": "x", "extra_content": {"other": 1}}, "messages[1].extra_content"),
        ({"role": "assistant", "content": "x", "extra_content": {"google": {"thought_signature": 5}}}, "messages[1].extra_content"),
    ],
)
def test_a_tool_message_that_is_none_is_refused_by_place(message: dict[str, Any], place: str) -> None:
    assert list(refusal("google", {"model": MODEL, "messages": [*HELLO, message]})) == [place]


def test_calls_come_back_as_tool_calls_with_their_signature(chat: Chat) -> None:
    parts: list[dict[str, Any]] = [
        {"text": "I'll look."},
        {"functionCall": {"id": "fc-1", "name": "check_flight", "args": {"flight": "AA100"}}, "thoughtSignature": "<Signature A>"},
        {"functionCall": {"name": "now"}},
    ]
    completion = chat.completion("google", {"model": MODEL}, whole(response(candidate(*parts))))
    (choice,) = completion["choices"]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"] == {
        "role": "assistant",
        "content": "I'll look.",
        "refusal": None,
        "tool_calls": [call("fc-1", "check_flight", '{"flight":"AA100"}', "<Signature A>"), call("call_r1_0_1", "now", "{}")],
    }
    again = [*HELLO, choice["message"], {"role": "tool", "tool_call_id": "call_r1_0_1", "content": "noon"}]
    said, result = sent(chat, messages=again)["contents"][1:]
    assert said["parts"][1] == parts[1]
    assert result["parts"][0]["functionResponse"]["name"] == "now"


def test_arguments_come_back_as_json_text(chat: Chat) -> None:
    arguments = {"city": "Zürich", "deep": {"list": [1, 2.5, None, True]}}
    parts = [{"functionCall": {"id": "fc-1", "name": "f", "args": arguments}}]
    completion = chat.completion("google", {"model": MODEL}, whole(response(candidate(*parts))))
    message = completion["choices"][0]["message"]
    assert message["content"] is None
    assert json.loads(message["tool_calls"][0]["function"]["arguments"]) == arguments
