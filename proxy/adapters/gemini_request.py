"""OpenAI's chat members as a generateContent body.

Sources: https://ai.google.dev/api/generate-content (GenerationConfig), https://ai.google.dev/gemini-api/docs/structured-output
and /docs/openai (stored copies of 2026-04-19 and 2026-02-26, read 2026-11-23); google-genai 3.4.0,
`_GenerateContentConfig_to_mldev`.
"""

from __future__ import annotations

from typing import Any, Final

from proxy.adapters.chat import a_flag, a_number, a_text, an_object, check_members, check_part, output_limit, refusal, stops
from proxy.adapters.gemini_messages import conversation_of
from proxy.adapters.gemini_schema import native_schema
from proxy.adapters.gemini_thinking import thinking_config
from proxy.adapters.gemini_tools import tool_members
from proxy.body import MAX_CHOICES

_UNDERSTOOD: Final = frozenset(
    {
        "model",
        "messages",
        "stream",
        "stream_options",
        "max_tokens",
        "max_completion_tokens",
        "temperature",
        "top_p",
        "presence_penalty",
        "frequency_penalty",
        "n",
        "seed",
        "stop",
        "logprobs",
        "top_logprobs",
        "response_format",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "reasoning_effort",
        "service_tier",
        "store",
    }
)
_PEOPLE: Final = ("user", "safety_identifier")
_MOST_STOPS: Final = 5
_MOST_LOGPROBS: Final = 20
_RESOLUTIONS: Final = {"low": "MEDIA_RESOLUTION_LOW", "high": "MEDIA_RESOLUTION_HIGH"}


def native_body(given: dict[str, Any], model: str) -> dict[str, Any]:
    """The body for members of which none is null. Raises InvalidRequest for what Gemini can't do."""
    for name in _PEOPLE:
        if name in given:
            raise refusal(name, "Gemini has no place for it. Leave it out.")
    check_members(given, _UNDERSTOOD, "Google Gemini")
    said = conversation_of(given.get("messages"), model)
    body: dict[str, Any] = {"contents": said.contents}
    if said.system:
        body["systemInstruction"] = {"parts": said.system}
    body |= tool_members(given)
    if not a_flag(given.get("parallel_tool_calls", True), "parallel_tool_calls"):
        raise refusal("parallel_tool_calls", "Gemini can't be kept from calling several tools at once. Leave it out.")
    config = _sampling(given) | _format(given.get("response_format")) | _resolution(said.details)
    if "reasoning_effort" in given:
        config["thinkingConfig"] = thinking_config(given["reasoning_effort"], model)
    if config:
        body["generationConfig"] = config
    return body | _tier(given.get("service_tier")) | _store(given)


def _sampling(given: dict[str, Any]) -> dict[str, Any]:
    config: dict[str, Any] = {}
    for name, native, most in (("temperature", "temperature", 2), ("top_p", "topP", 1)):
        if name in given:
            config[native] = a_number(given[name], name, most)
    for name, native in (("presence_penalty", "presencePenalty"), ("frequency_penalty", "frequencyPenalty")):
        if name in given:
            config[native] = _penalty(given[name], name)
    for name, native, least, most in (("n", "candidateCount", 1, MAX_CHOICES), ("seed", "seed", -(2**31), 2**31 - 1)):
        if name in given:
            config[native] = _whole(given[name], name, least, most)
    if (limit := output_limit(given)) is not None:
        config["maxOutputTokens"] = limit
    if sequences := stops(given):
        if len(sequences) > _MOST_STOPS:
            raise refusal("stop", f"Gemini takes at most {_MOST_STOPS}.")
        config["stopSequences"] = sequences
    return config | _logprobs(given)


def _logprobs(given: dict[str, Any]) -> dict[str, Any]:
    wanted, top = a_flag(given.get("logprobs"), "logprobs"), given.get("top_logprobs")
    if top is None:
        return {"responseLogprobs": True} if wanted else {}
    if not wanted:
        raise refusal("top_logprobs", "Set logprobs to true as well.")
    return {"responseLogprobs": True, "logprobs": _whole(top, "top_logprobs", 0, _MOST_LOGPROBS)}


def _format(wanted: object) -> dict[str, Any]:
    """JSON of any shape, or by a schema, which is Gemini's own constrained decoding."""
    if wanted is None:
        return {}
    shape = an_object(wanted, "response_format")
    kind = shape.get("type")
    if kind == "json_schema":
        check_part(shape, ("type", "json_schema"), "response_format")
        return {"responseMimeType": "application/json", "responseJsonSchema": _schema(shape.get("json_schema"))}
    check_part(shape, ("type",), "response_format")
    if kind not in ("text", "json_object"):
        raise refusal("response_format.type", "Gemini has text, json_object and json_schema.")
    return {"responseMimeType": "application/json"} if kind == "json_object" else {}


def _schema(wanted: object) -> Any:
    """The schema. Its description tells the model what the format is for, so it goes into the schema."""
    at = "response_format.json_schema"
    named = an_object(wanted, at)
    check_part(named, ("name", "description", "schema", "strict"), at)
    is_strict = a_flag(named.get("strict"), f"{at}.strict")
    schema = native_schema(an_object(named.get("schema"), f"{at}.schema"), f"{at}.schema", is_strict=is_strict)
    if named.get("description") is not None and "$ref" not in schema:
        return {"description": a_text(named["description"], f"{at}.description"), **schema}
    return schema


def _resolution(details: set[str]) -> dict[str, Any]:
    """The detail level of the images. Gemini has one for all of a request."""
    wanted = details - {"auto"}
    if not wanted:
        return {}
    if len(details) > 1 or not wanted <= set(_RESOLUTIONS):
        raise refusal("messages", "Gemini takes low or high as the detail of an image, and one for all images of a request.")
    return {"mediaResolution": _RESOLUTIONS[wanted.pop()]}


def _tier(tier: object) -> dict[str, Any]:
    if tier in (None, "auto", "default"):
        return {}
    if tier != "flex":
        raise refusal("service_tier", "For Gemini the relay takes auto, default and flex: others are billed at other rates.")
    return {"serviceTier": "flex"}


def _store(given: dict[str, Any]) -> dict[str, Any]:
    """`store: false` keeps the call out of the project's log; nothing else is asked for by it."""
    if a_flag(given.get("store"), "store"):
        raise refusal("store", "Leave it out: nothing is stored here.")
    return {"store": False} if "store" in given else {}


def _penalty(value: object, field: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -2 <= value <= 2:
        raise refusal(field, "A number from -2 to 2 is needed.")
    return value


def _whole(value: object, field: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise refusal(field, f"A whole number from {least} to {most} is needed.")
    return value
