"""OpenAI's chat parameters as those of Anthropic's Messages API, each of them or a refusal.

Sources, stored copies read 2026-11-23: platform.claude.com/docs/en/api/messages, /build-with-claude/structured-outputs,
/build-with-claude/effort, /build-with-claude/thinking, /agents-and-tools/tool-use/define-tools, /api/versioning (what
2023-06-01 takes and later versions don't); anthropic-sdk-python 2.12.0, types/*_param.py.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from proxy.adapters import chat
from proxy.adapters.anthropic_messages import conversation
from proxy.adapters.chat import refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

FALLBACK_OUTPUT_TOKENS: Final = 4096
"""The limit for models of which no other is known: every Claude model writes as much, and one has to be sent."""

_UNDERSTOOD: Final = frozenset(
    {
        "model", "messages", "max_tokens", "max_completion_tokens", "temperature", "top_p", "stop", "stream", "stream_options",
        "tools", "tool_choice", "parallel_tool_calls", "response_format", "reasoning_effort", "user", "safety_identifier",
    }
)  # fmt: skip
_EFFORTS: Final = ("low", "medium", "high", "xhigh", "max")
_BEFORE_ADAPTIVE: Final = re.compile(r"claude-(?:[123][-.].*|instant.*|[a-z]+-4(?:-[0-5])?(?:-\d{8}|-latest)?)")
"""Models from before adaptive thinking (Claude 4.6): they take a number of tokens to think, and no effort."""


def native_members(members: Mapping[str, Any], default_limit: int | None) -> dict[str, Any]:
    """The body for POST /v1/messages. `default_limit`: the most the model writes, if known, for callers that set none.

    Raises InvalidRequest, naming the member, for what Anthropic has no counterpart of.
    """
    chat.check_members(members, _UNDERSTOOD, "Anthropic")
    system, turns = conversation(members.get("messages"))
    limit = chat.output_limit(members) or default_limit or FALLBACK_OUTPUT_TOKENS
    body: dict[str, Any] = {"model": members["model"], "max_tokens": limit, "messages": turns}
    if system:
        body["system"] = system
    body |= _sampling(members) | _tools(members) | _output(members)
    if stop := chat.stops(members):
        body["stop_sequences"] = stop
    if (user := _user_id(members)) is not None:
        body["metadata"] = {"user_id": user}
    if chat.a_flag(members.get("stream"), "stream"):
        body["stream"] = True
    return body


def _sampling(members: Mapping[str, Any]) -> dict[str, Any]:
    """Temperature and top_p, which both reach from 0 to 1 at Anthropic. Newer models refuse them themselves."""
    given = {name: members[name] for name in ("temperature", "top_p") if members.get(name) is not None}
    return {name: chat.a_number(value, name, 1) for name, value in given.items()}


def _user_id(members: Mapping[str, Any]) -> str | None:
    given = {members[name] for name in ("user", "safety_identifier") if isinstance(members.get(name), str)}
    for name in ("user", "safety_identifier"):
        if members.get(name) is not None:
            chat.a_text(members[name], name)
    if len(given) > 1:
        raise refusal("user", "Also given as safety_identifier, and not the same; send one of the two.")
    return given.pop() if given else None


def _tools(members: Mapping[str, Any]) -> dict[str, Any]:
    tools = members.get("tools")
    if not tools:
        for name in ("tool_choice", "parallel_tool_calls"):
            if members.get(name) is not None:
                raise refusal(name, "Only a request with tools has it. Leave it out.")
        return {}
    native = [
        _tool(chat.an_object(tool, f"tools[{number}]"), f"tools[{number}]") for number, tool in enumerate(chat.a_list(tools, "tools"))
    ]
    choice = _tool_choice(members)
    return {"tools": native} | ({"tool_choice": choice} if choice else {})


def _tool(tool: dict[str, Any], field: str) -> dict[str, Any]:
    if tool.get("type") != "function":
        raise refusal(f"{field}.type", "Only tools of the type function are taken.")
    chat.check_part(tool, ("type", "function"), field)
    function = chat.an_object(tool.get("function"), f"{field}.function")
    chat.check_part(function, ("name", "description", "parameters", "strict"), f"{field}.function")
    native: dict[str, Any] = {"name": chat.a_text(function.get("name"), f"{field}.function.name")}
    if function.get("description") is not None:
        native["description"] = chat.a_text(function["description"], f"{field}.function.description")
    parameters = function.get("parameters")
    schema = {} if parameters is None else chat.an_object(parameters, f"{field}.function.parameters")
    native["input_schema"] = {"type": "object"} | schema
    if chat.a_flag(function.get("strict"), f"{field}.function.strict"):
        native["strict"] = True
    return native


def _tool_choice(members: Mapping[str, Any]) -> dict[str, Any] | None:
    """Which tools, and whether several at once. None where both are left to the model."""
    choice = members.get("tool_choice")
    parallel = members.get("parallel_tool_calls")
    one_at_a_time = parallel is not None and not chat.a_flag(parallel, "parallel_tool_calls")
    if choice is None and not one_at_a_time:
        return None
    native = _named_choice(choice)
    return native | {"disable_parallel_tool_use": True} if one_at_a_time and native["type"] != "none" else native


def _named_choice(choice: object) -> dict[str, Any]:
    match choice:
        case None | "auto":
            return {"type": "auto"}
        case "none":
            return {"type": "none"}
        case "required":
            return {"type": "any"}
        case {"type": "function", "function": {"name": str(name)}}:
            return {"type": "tool", "name": name}
        case _:
            raise refusal("tool_choice", "One of auto, none, required, or one function by name is needed.")


def _output(members: Mapping[str, Any]) -> dict[str, Any]:
    """How to think and in which form to answer: `output_config` and `thinking`."""
    config: dict[str, Any] = {}
    body: dict[str, Any] = {}
    effort = members.get("reasoning_effort")
    if effort == "none":
        body["thinking"] = {"type": "disabled"}
    elif effort is not None:
        _check_effort(effort, members["model"])
        body["thinking"] = {"type": "adaptive"}
        config["effort"] = effort
    if (form := _format(members.get("response_format"))) is not None:
        config["format"] = form
    return body | ({"output_config": config} if config else {})


def _check_effort(effort: object, model: str) -> None:
    if effort not in _EFFORTS:
        raise refusal("reasoning_effort", f"Anthropic knows none, {', '.join(_EFFORTS)}.")
    if _BEFORE_ADAPTIVE.fullmatch(model):
        raise refusal(
            "reasoning_effort",
            "This model takes a thinking budget in tokens, not an effort. Use a newer model, or call it at "
            "/v1/proxy/passthrough/anthropic/v1/messages.",
        )


def _format(response_format: object) -> dict[str, Any] | None:
    """The schema the answer must fit. It is always enforced, whatever `strict` says; its name means nothing to Anthropic."""
    if response_format is None:
        return None
    match chat.an_object(response_format, "response_format").get("type"):
        case "text":
            return None
        case "json_schema":
            return {"type": "json_schema", "schema": _schema(response_format)}
        case "json_object":
            why = "Anthropic has no JSON mode without a schema. Use json_schema with the schema of the answer."
            raise refusal("response_format.type", why)
        case _:
            raise refusal("response_format.type", "One of text, json_schema is needed.")


def _schema(response_format: Any) -> dict[str, Any]:
    field = "response_format.json_schema"
    chat.check_part(response_format, ("type", "json_schema"), "response_format")
    given = chat.an_object(response_format.get("json_schema"), field)
    chat.check_part(given, ("name", "description", "schema", "strict"), field)
    schema = chat.an_object(given.get("schema"), f"{field}.schema")
    description = given.get("description")
    if description is None:
        return schema
    if schema.get("description", description) != description:
        raise refusal(f"{field}.description", "The schema has another one. Send one of the two.")
    return {"description": chat.a_text(description, f"{field}.description")} | schema
