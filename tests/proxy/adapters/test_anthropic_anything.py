"""Whatever an app or Anthropic sends: a translation, or the one error that says there is none."""

from __future__ import annotations

import json
from contextlib import suppress
from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.adapters.anthropic import AnthropicTranslation
from proxy.adapters.anthropic_request import native_members
from proxy.adapters.chat import wants_usage
from proxy.sse import Splitter, data_of, event
from relay.core.errors import InvalidRequest
from tests.proxy.adapters.anthropic_by_hand import MESSAGE, MODEL, TOOL_STREAM

CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
REQUEST: dict[str, Any] = {
    "model": MODEL,
    "messages": [
        {"role": "system", "content": [{"type": "text", "text": "x"}]},
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": "https://a.b/c", "detail": "auto"}},
                {"type": "file", "file": {"file_data": "data:application/pdf;base64,AA==", "filename": "a"}},
            ],
        },
        {
            "role": "assistant",
            "content": "x",
            "refusal": "y",
            "tool_calls": [CALL],
            "thinking_blocks": [{"index": 0, "type": "thinking", "thinking": "x", "signature": "y"}],
        },
        {"role": "tool", "tool_call_id": "c", "content": "x"},
    ],
    "tools": [{"type": "function", "function": {"name": "f", "description": "x", "parameters": {}, "strict": True}}],
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "parallel_tool_calls": False,
    "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}, "description": "x"}},
    "reasoning_effort": "low",
    "stream": True,
    "stream_options": {"include_usage": True},
    "stop": ["x"],
    "temperature": 0.5,
    "top_p": 0.5,
    "max_tokens": 5,
    "user": "u",
    "n": 1,
    "logit_bias": {},
}
ANSWER = {
    **MESSAGE,
    "content": [
        {"type": "thinking", "thinking": "x", "signature": "y"},
        {"type": "text", "text": "x"},
        {"type": "tool_use", "id": "i", "name": "n", "input": {}},
    ],
    "stop_details": {"explanation": "x"},
}
EVENTS = [json.loads(data_of(one)) for one in Splitter().feed(TOOL_STREAM)]
ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=3),
    st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=3), st.none(), max_size=1),
    st.lists(st.dictionaries(st.sampled_from(["type", "role", "content"]), st.text(max_size=2)), max_size=1),
)  # fmt: skip


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in a JSON value with each of its keys or places."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [place for key in keys for place in places(value[key])]


def changed(data: st.DataObject, value: Any) -> Any:
    """The value with something else in one or two of its places."""
    value = deepcopy(value)
    for _ in range(data.draw(st.integers(1, 2))):
        container, key = data.draw(st.sampled_from(places(value)))
        container[key] = data.draw(ANYTHING)
    return value


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_any_request(data: st.DataObject) -> None:
    members = changed(data, REQUEST) | {"model": MODEL}
    with suppress(InvalidRequest):
        body = native_members(members, None)
        wants_usage(members)
        assert body["messages"]
        assert isinstance(body["max_tokens"], int)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_answer(data: st.DataObject) -> None:
    answer = changed(data, ANSWER)
    with suppress(ValueError):
        completion = AnthropicTranslation(MODEL, 1, include_usage=False).answer(answer)
        assert completion["choices"][0]["finish_reason"]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_stream(data: st.DataObject) -> None:
    stream = AnthropicTranslation(MODEL, 1, include_usage=True).stream()
    with suppress(ValueError):
        for told in changed(data, EVENTS):
            passed = stream.event(event(json.dumps(told).encode()))
            assert passed == b"" or passed.endswith(b"\n\n")
        stream.end()
