"""OpenAI's tools and tool choice as Gemini's function declarations and calling config.

Sources: https://ai.google.dev/api/caching (Tool, FunctionDeclaration, FunctionCallingConfig) and
https://ai.google.dev/gemini-api/docs/function-calling (stored copies, read 2026-11-23).
"""

from __future__ import annotations

from typing import Any

from proxy.adapters.chat import a_flag, a_text, check_part, refusal
from proxy.adapters.gemini_parts import objects_of
from proxy.adapters.gemini_schema import native_schema

_MODES = {"none": "NONE", "auto": "AUTO", "required": "ANY"}


def tool_members(given: dict[str, Any]) -> dict[str, Any]:
    """`tools` and `toolConfig` of the native body, as far as there are any. Raises InvalidRequest."""
    functions = [_function(tool, at) for tool, at in objects_of(given.get("tools") or [], "tools", least=0)]
    strict = [function.pop("strict") for function in functions]
    config = _config(given.get("tool_choice"), is_strict=any(strict))
    if config and not functions:
        if config["mode"] in ("NONE", "AUTO"):
            return {}
        raise refusal("tool_choice", "There are no tools to choose from.")
    members: dict[str, Any] = {"tools": [{"functionDeclarations": functions}]} if functions else {}
    return {**members, "toolConfig": {"functionCallingConfig": config}} if config else members


def _function(tool: dict[str, Any], at: str) -> dict[str, Any]:
    """A function declaration. A JSON schema goes as one: `parameters` would be Google's own, smaller schema language."""
    if tool.get("type") != "function":
        raise refusal(f"{at}.type", "For Gemini the relay takes tools of type function.")
    check_part(tool, {"type", "function"}, at)
    function = tool.get("function")
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise refusal(f"{at}.function", "An object with a name is needed.")
    check_part(function, {"name", "description", "parameters", "strict"}, f"{at}.function")
    declared = {"name": function["name"], "strict": a_flag(function.get("strict"), f"{at}.function.strict")}
    if function.get("description") is not None:
        declared["description"] = a_text(function["description"], f"{at}.function.description")
    if function.get("parameters") is not None:
        schema = native_schema(function["parameters"], f"{at}.function.parameters", is_strict=declared["strict"])
        declared["parametersJsonSchema"] = schema
    return declared


def _config(choice: object, *, is_strict: bool) -> dict[str, Any]:
    """The calling config. Strict functions ask for VALIDATED: calls keep to the schema; ANY does so of itself."""
    match choice:
        case None | "auto" if is_strict:
            return {"mode": "VALIDATED"}
        case None:
            return {}
        case "none" | "auto" | "required":
            return {"mode": _MODES[choice]}
        case dict() if choice.get("type") == "function":
            return {"mode": "ANY", "allowedFunctionNames": [_name(choice, "tool_choice")]}
        case dict() if choice.get("type") == "allowed_tools":
            return _allowed(choice.get("allowed_tools"))
    raise refusal("tool_choice", "For Gemini it is none, auto, required, a function, or allowed_tools.")


def _allowed(allowed: object) -> dict[str, Any]:
    """Some of the tools. With a free choice the mode is VALIDATED, the only one of the two that takes names."""
    at = "tool_choice.allowed_tools"
    if not isinstance(allowed, dict) or allowed.get("mode") not in ("auto", "required"):
        raise refusal(f"{at}.mode", "auto or required is needed.")
    names = [_name(tool, place) for tool, place in objects_of(allowed.get("tools"), f"{at}.tools")]
    return {"mode": "ANY" if allowed["mode"] == "required" else "VALIDATED", "allowedFunctionNames": names}


def _name(choice: dict[str, Any], at: str) -> str:
    function = choice.get("function")
    name = function.get("name") if isinstance(function, dict) else None
    if not isinstance(name, str):
        raise refusal(f"{at}.function", "The name of a function is needed.")
    return name
