"""What Gemini receives for the members that are not messages or tools, and which it can't be asked for.

Bodies by hand from https://ai.google.dev/api/generate-content, GenerationConfig (stored copy of 2026-04-19),
/gemini-api/docs/structured-output (2026-02-26), and the table on /gemini-api/docs/openai, "Thinking" (2026-04-19; the same on
2026-09-02); `store` and `serviceTier` from google-genai 3.4.0. All read 2026-11-23.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import make_connection
from tests.fake_provider import FakeProvider
from tests.proxy.adapters.chatting import HELLO, Chat, accepted, refusal
from tests.proxy.adapters.gemini_said import HELLO_CONTENT, hello
from tests.proxy.conftest import KEYS, Relay

FLASH = "gemini-2.5-flash"


def config(chat: Chat, model: str = FLASH, /, **members: Any) -> Any:
    """The generationConfig that Gemini received, in a body that holds nothing else but the contents."""
    body = chat.sent("google", {"model": model, **members}, hello()).json
    assert body.pop("contents") == [HELLO_CONTENT]
    found = body.pop("generationConfig", None)
    assert body == {}
    return found


def refused(model: str = FLASH, /, **members: Any) -> list[str]:
    """The places that the refusal names."""
    return list(refusal("google", {"model": model, **members}))


@pytest.mark.feature("temperature", "google", "native")
@pytest.mark.feature("high_temperature", "google", "native")
@pytest.mark.feature("top_p", "google", "native")
@pytest.mark.feature("penalties", "google", "native")
@pytest.mark.feature("seed", "google", "native")
@pytest.mark.feature("choices", "google", "native")
def test_sampling(chat: Chat) -> None:
    asked = {"temperature": 1.5, "top_p": 0.9, "presence_penalty": -0.5, "frequency_penalty": 1, "seed": 7, "n": 2}
    assert config(chat, **asked) == {
        "temperature": 1.5,
        "topP": 0.9,
        "presencePenalty": -0.5,
        "frequencyPenalty": 1,
        "seed": 7,
        "candidateCount": 2,
    }
    assert config(chat, **dict.fromkeys(asked), stop=None, max_tokens=None, response_format=None, tools=None) is None


@pytest.mark.feature("max_tokens", "google", "native")
def test_token_limits(chat: Chat) -> None:
    assert config(chat, max_tokens=100) == {"maxOutputTokens": 100}
    assert config(chat, max_completion_tokens=200) == {"maxOutputTokens": 200}
    assert config(chat, max_completion_tokens=200, max_tokens=200) == {"maxOutputTokens": 200}
    assert refused(max_completion_tokens=200, max_tokens=100) == ["max_tokens"]


def test_a_limit_is_lowered_to_what_the_budget_affords(relay: Relay, provider: FakeProvider) -> None:
    """Two cents pay for 8,000 tokens of Gemini 2.5 Flash at most (2.50 dollars a million, genai-prices 0.2.3)."""
    linked = make_connection(keys=KEYS, budget_cents=2)
    provider.will(hello())
    asked = {"provider": "google", "model": FLASH, "messages": HELLO, "reasoning_effort": "none"}
    answer = relay.chat(linked.access_token, asked)
    limit = int(answer.headers["X-1Relay-Output-Limited"])
    assert 0 < limit <= 8_000
    assert provider.last.json["generationConfig"] == {"thinkingConfig": {"thinkingBudget": 0}, "maxOutputTokens": limit}


@pytest.mark.feature("stop", "google", "native", "at most 5")
def test_stop_sequences(chat: Chat) -> None:
    assert config(chat, stop="END") == {"stopSequences": ["END"]}
    assert config(chat, stop=["a", "b"]) == {"stopSequences": ["a", "b"]}
    assert refused(stop=list("abcdef")) == ["stop"]


@pytest.mark.feature("logprobs", "google", "native")
def test_logprobs(chat: Chat) -> None:
    assert config(chat, logprobs=True) == {"responseLogprobs": True}
    assert config(chat, logprobs=True, top_logprobs=3) == {"responseLogprobs": True, "logprobs": 3}
    assert config(chat, logprobs=False) is None
    assert refused(top_logprobs=3) == ["top_logprobs"]
    assert refused(logprobs=True, top_logprobs=21) == ["top_logprobs"]


@pytest.mark.feature("json_object", "google", "native")
def test_json_mode(chat: Chat) -> None:
    assert config(chat, response_format={"type": "json_object"}) == {"responseMimeType": "application/json"}
    assert config(chat, response_format={"type": "text"}) is None
    assert refused(response_format={"type": "grammar"}) == ["response_format.type"]
    assert refused(response_format={"type": "json_object", "schema": {}}) == ["response_format.schema"]


RECIPE = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "description": "The name of the recipe."},
        "kind": {"const": "cookie"},
        "minutes": {"type": ["integer", "null"], "minimum": 0},
        "ingredients": {"type": "array", "items": {"$ref": "#/$defs/ingredient"}},
    },
    "required": ["name", "kind", "minutes", "ingredients"],
    "additionalProperties": False,
    "$defs": {"ingredient": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
}


@pytest.mark.feature("json_schema", "google", "native", "strict: keywords that Gemini ignores are refused")
def test_structured_output(chat: Chat) -> None:
    named = {"name": "recipe", "description": "One recipe.", "schema": RECIPE, "strict": True}
    assert config(chat, response_format={"type": "json_schema", "json_schema": named}) == {
        "responseMimeType": "application/json",
        "responseJsonSchema": {
            "description": "One recipe.",
            "type": "object",
            "properties": {
                "name": {"type": "string", "description": "The name of the recipe."},
                "kind": {"enum": ["cookie"]},
                "minutes": {"type": ["integer", "null"], "minimum": 0},
                "ingredients": {"type": "array", "items": {"$ref": "#/$defs/ingredient"}},
            },
            "required": ["name", "kind", "minutes", "ingredients"],
            "additionalProperties": False,
            "$defs": {"ingredient": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
        },
    }


IGNORED = [
    {"type": "string", "pattern": "a"},
    {"type": "array", "items": {"type": "string", "maxLength": 3}},
    {"type": "object", "properties": {"multipleOf": {"type": "integer", "multipleOf": 2}}},
    {"$defs": {"a": {"allOf": []}}},
    {"anyOf": [{"type": "string"}, {"not": {"type": "string"}}]},
    {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}},
]


@pytest.mark.parametrize("schema", IGNORED)
def test_a_strict_schema_asks_for_nothing_that_gemini_ignores(schema: dict[str, Any]) -> None:
    def wanted(*, strict: bool | None) -> dict[str, Any]:
        return {"type": "json_schema", "json_schema": {"name": "a", "schema": schema, "strict": strict}}

    assert refused(response_format=wanted(strict=True)) == ["response_format.json_schema.schema"]
    assert accepted("google", {"model": FLASH, "response_format": wanted(strict=False)})
    assert accepted("google", {"model": FLASH, "response_format": wanted(strict=None)})


def test_a_property_may_bear_the_name_of_a_keyword() -> None:
    schema = {"type": "object", "properties": {"pattern": {"type": "string"}, "const": {"type": "integer"}}, "default": {}}
    wanted = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema, "strict": True}}
    assert accepted("google", {"model": FLASH, "response_format": wanted})


THINKING: list[tuple[str, list[Any]]] = [
    ("gemini-3.1-pro-preview", ["LOW", "LOW", "MEDIUM", "HIGH"]),
    ("gemini-3-flash-preview", ["MINIMAL", "LOW", "MEDIUM", "HIGH"]),
    ("gemini-3.5-flash", ["MINIMAL", "LOW", "MEDIUM", "HIGH"]),
    ("gemini-2.5-flash", [1024, 1024, 8192, 24_576]),
    ("gemini-2.5-pro", [1024, 1024, 8192, 24_576]),
]


@pytest.mark.feature("reasoning_effort", "google", "native")
def test_reasoning_effort_is_a_level_or_a_budget(chat: Chat) -> None:
    for model, expected in THINKING:
        name = "thinkingBudget" if model.startswith("gemini-2") else "thinkingLevel"
        for effort, value in zip(("minimal", "low", "medium", "high"), expected, strict=True):
            assert config(chat, model, reasoning_effort=effort) == {"thinkingConfig": {name: value}}


@pytest.mark.feature("no_reasoning", "google", "native", "Gemini 2.5 Flash; refused where thinking can't be switched off")
def test_thinking_is_switched_off_where_it_can_be(chat: Chat) -> None:
    assert config(chat, reasoning_effort="none") == {"thinkingConfig": {"thinkingBudget": 0}}
    for model in ("gemini-2.5-pro", "gemini-3-flash-preview", "gemini-3.1-pro-preview"):
        assert refused(model, reasoning_effort="none") == ["reasoning_effort"]


@pytest.mark.parametrize(("model", "effort"), [("gemini-2.0-flash", "low"), (FLASH, "xhigh"), (FLASH, 5), (FLASH, ["low"])])
def test_an_effort_that_the_model_has_not_is_refused(model: str, effort: object) -> None:
    assert refused(model, reasoning_effort=effort) == ["reasoning_effort"]


@pytest.mark.feature("service_tier", "google", "native", "`flex`; others are refused")
@pytest.mark.feature("stored_answers", "google", "native", "`store: false`; others are refused")
def test_service_tier_and_store(chat: Chat) -> None:
    def sent(**members: Any) -> Any:
        return chat.sent("google", {"model": FLASH, **members}, hello()).json

    assert sent(service_tier="flex") == {"contents": [HELLO_CONTENT], "serviceTier": "flex"}
    assert sent(service_tier="auto") == sent(service_tier="default") == {"contents": [HELLO_CONTENT]}
    assert sent(store=False, metadata={}) == {"contents": [HELLO_CONTENT], "store": False}
    assert refused(service_tier="priority") == ["service_tier"]
    assert refused(store=True) == ["store"]
    assert refused(metadata={"a": "b"}) == ["metadata"]


@pytest.mark.feature("logit_bias", "google", "refused")
def test_logit_bias_is_refused() -> None:
    assert refused(logit_bias={"50256": -100}) == ["logit_bias"]
    assert accepted("google", {"model": FLASH, "logit_bias": {}})


@pytest.mark.feature("user", "google", "refused")
@pytest.mark.parametrize("name", ["user", "safety_identifier"])
def test_who_the_user_is_is_refused(name: str) -> None:
    assert refused(**{name: "u-1"}) == [name]


@pytest.mark.feature("cache_keys", "google", "refused")
@pytest.mark.parametrize("member", [{"prompt_cache_key": "k"}, {"prompt_cache_retention": "24h"}, {"prompt_cache_options": {}}])
def test_cache_keys_are_refused(member: dict[str, Any]) -> None:
    assert refused(**member) == list(member)


@pytest.mark.feature("extras", "google", "refused")
@pytest.mark.parametrize(
    "member",
    [
        {"verbosity": "low"},
        {"prediction": {"type": "content", "content": "x"}},
        {"web_search_options": {}},
        {"moderation": {"model": "m"}},
    ],
)
def test_extras_are_refused(member: dict[str, Any]) -> None:
    assert refused(**member) == list(member)


@pytest.mark.feature("unknown", "google", "refused")
@pytest.mark.parametrize("name", ["top_k", "generationConfig", "safetySettings", "cachedContent", "extra_body", "tool_config"])
def test_an_unknown_member_is_refused(name: str) -> None:
    assert refused(**{name: 1}) == [name]


@pytest.mark.parametrize(
    ("member", "place"),
    [
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"top_p": "1"}, "top_p"),
        ({"presence_penalty": 3}, "presence_penalty"),
        ({"seed": 1.5}, "seed"),
        ({"n": 0}, "n"),
        ({"n": True}, "n"),
        ({"n": 129}, "n"),
        ({"seed": 2**31}, "seed"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"stop": 5}, "stop"),
        ({"stop": [5]}, "stop"),
        ({"logprobs": "yes"}, "logprobs"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"stream": True, "stream_options": {"other": True}}, "stream_options.other"),
        ({"parallel_tool_calls": 1}, "parallel_tool_calls"),
        ({"response_format": "json"}, "response_format"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "a"}}}, "response_format.json_schema.schema"),
    ],
)
def test_a_value_that_is_none_is_refused_by_place(member: dict[str, Any], place: str) -> None:
    assert refused(**member) == [place]
