"""Whatever comes, from the app or from Gemini, is translated or refused; nothing else happens to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.adapters.gemini import GeminiAdapter
from proxy.adapters.gemini_request import native_body
from relay.core.errors import InvalidRequest
from relay.providers import registry
from tests.proxy.adapters.gemini_said import candidate, events, response

NOW = datetime(2026, 11, 23, tzinfo=UTC)
scalars = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8
)


def places(whole: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything in the value."""
    inner = whole.items() if isinstance(whole, dict) else enumerate(whole) if isinstance(whole, list) else ()
    return [at, *(place for name, value in inner for place in places(value, (*at, name)))]


def replaced(whole: Any, at: tuple[Any, ...], value: Any) -> Any:
    """The value with something else at one place."""
    if not at:
        return value
    copy = whole.copy()
    copy[at[0]] = replaced(whole[at[0]], at[1:], value)
    return copy


def changed(whole: dict[str, Any]) -> st.SearchStrategy[Any]:
    """The value with one or two of its parts replaced by anything."""
    change = st.tuples(st.sampled_from(places(whole)[1:]), anything)
    once = change.map(lambda made: replaced(whole, *made))
    return once | once.flatmap(
        lambda first: st.tuples(st.sampled_from(places(first)[1:]), anything).map(lambda made: replaced(first, *made))
    )


SIGNED = {"extra_content": {"google": {"thought_signature": "s"}}}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}, **SIGNED}
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}}
FILE = {"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA", "filename": "a.pdf"}}
SCHEMA = {"type": "object", "properties": {"a": {"const": 1}}, "$defs": {"b": {"anyOf": [{"type": "string"}]}}}
REQUEST = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Hello"}, PICTURE, FILE]},
        {"role": "assistant", "content": "Let me see.", "tool_calls": [CALL], "refusal": None, **SIGNED},
        {"role": "tool", "tool_call_id": "c1", "content": '{"a": 1}'},
    ],
    "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": SCHEMA, "strict": True}}],
    "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}]}},
    "response_format": {"type": "json_schema", "json_schema": {"name": "n", "description": "d", "schema": SCHEMA, "strict": True}},
    "stream": True,
    "stream_options": {"include_usage": True},
    "temperature": 1,
    "top_p": 0.5,
    "n": 2,
    "seed": 1,
    "stop": ["a"],
    "logprobs": True,
    "top_logprobs": 2,
    "max_tokens": 5,
    "reasoning_effort": "low",
    "parallel_tool_calls": True,
    "service_tier": "flex",
    "store": False,
}


def test_the_request_itself_is_understood() -> None:
    assert orjson.dumps(native_body(REQUEST, "gemini-3-flash-preview"))


@settings(max_examples=300, deadline=None)
@given(changed(REQUEST))
def test_any_request_is_translated_or_refused(members: dict[str, Any]) -> None:
    provider = registry.provider("google")
    assert provider is not None
    before = orjson.dumps(members)
    try:
        request = GeminiAdapter().request(provider, {**members, "model": "gemini-3-flash-preview"}, NOW)
    except InvalidRequest as caught:
        refused = caught.details
    else:
        refused = {"fields": {}}
        assert orjson.loads(orjson.dumps(request.members))["contents"]
    assert refused is not None
    assert "fields" in refused
    assert orjson.dumps(members) == before


TOKEN = {"token": "a", "logProbability": -0.5}
ANSWER = response(
    candidate(
        {"text": "a", "thought": True},
        {"text": "b", "thoughtSignature": "s"},
        {"functionCall": {"id": "c", "name": "f", "args": {"a": 1}}, "thoughtSignature": "s"},
        logprobsResult={"chosenCandidates": [TOKEN], "topCandidates": [{"candidates": [TOKEN]}]},
        index=1,
    ),
    promptFeedback={"blockReason": "OTHER"},
)


@settings(max_examples=300, deadline=None)
@given(changed(ANSWER), changed(ANSWER))
def test_any_answer_is_translated_or_no_answer(first: dict[str, Any], second: dict[str, Any]) -> None:
    provider = registry.provider("google")
    assert provider is not None
    members = {"model": "gemini-2.5-flash", "messages": [{"role": "user", "content": "Hello"}], "stream": True}
    translation = GeminiAdapter().request(provider, members, NOW).translation
    assert translation is not None
    try:
        answer = translation.answer(first)
    except ValueError:
        pass
    else:
        assert orjson.loads(orjson.dumps(answer))["choices"]
    streamed = translation.stream()
    try:
        told = b"".join(streamed.event(event) for event in events(first, second)) + streamed.end()
    except ValueError:
        pass
    else:
        assert told.endswith(b"data: [DONE]\n\n")
