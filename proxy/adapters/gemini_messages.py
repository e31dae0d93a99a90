"""OpenAI's messages as Gemini's contents: system instruction, turns, tool calls and their results.

Sources: https://ai.google.dev/api/caching (Content, FunctionCall, FunctionResponse),
https://ai.google.dev/gemini-api/docs/function-calling and https://ai.google.dev/gemini-api/docs/thought-signatures (stored
copies, read 2026-11-23); python-genai of 2026-08-21, `_Part_to_mldev`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from proxy.adapters.chat import a_list, an_object, check_part, refusal
from proxy.adapters.gemini_parts import objects_of, texts_of, user_part

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy.adapters.gemini_parts import Part

_UNSIGNED: Final = "skip_thought_signature_validator"
"""What Google names for a function call whose signature is not to be had (docs/thought-signatures, FAQ 1)."""
_NEEDS_NO_SIGNATURE = re.compile(r"gemini-[12]\b|gemma")
_ASSISTANT: Final = frozenset(["role", "content", "refusal", "reasoning_content", "tool_calls", "extra_content"])
_MOST_EXACT: Final = 2**53


@dataclass(slots=True)
class Conversation:
    """What the messages become. `details` are the detail levels that its images ask for."""

    system: list[Part] = field(default_factory=list)
    contents: list[dict[str, Any]] = field(default_factory=list)
    details: set[str] = field(default_factory=set)
    _model: str = ""
    _last: str = ""
    _names: dict[str, str] = field(default_factory=dict)

    def add(self, kind: str, role: str, parts: list[Part]) -> None:
        """Append a turn. One of the same kind as the last continues it: several tool results stand in one content."""
        if kind == self._last:
            self.contents[-1]["parts"] += parts
        else:
            self.contents.append({"role": role, "parts": parts})
        self._last = kind

    def called(self, call_id: str, name: str) -> None:
        """Keep which function a call id belongs to: Gemini wants the name with the result."""
        self._names[call_id] = name

    def name_of(self, call_id: object) -> str | None:
        """The function that was called under this id."""
        return self._names.get(call_id) if isinstance(call_id, str) else None

    @property
    def wants_signatures(self) -> bool:
        """Whether the model refuses function calls without a thought signature: Gemini 3 and later do."""
        return not _NEEDS_NO_SIGNATURE.match(self._model)


def conversation_of(messages: object, model: str) -> Conversation:
    """The conversation in Gemini's words. Raises InvalidRequest, naming the message, for what it can't say."""
    found = Conversation(_model=model)
    for number, item in enumerate(a_list(messages, "messages")):
        at = f"messages[{number}]"
        message = an_object(item, at)
        role = message.get("role")
        read = _ROLES.get(role) if isinstance(role, str) else None
        if read is None:
            raise refusal(f"{at}.role", "For Gemini it is system, developer, user, assistant or tool.")
        read(found, message, at)
    if not found.contents:
        raise refusal("messages", "Gemini needs at least one message that is not a system prompt.")
    return found


def _system(found: Conversation, message: dict[str, Any], at: str) -> None:
    check_part(message, {"role", "content"}, at)
    found.system += [{"text": text} for text in texts_of(message.get("content"), f"{at}.content")]


def _user(found: Conversation, message: dict[str, Any], at: str) -> None:
    check_part(message, {"role", "content"}, at)
    content = message.get("content")
    if isinstance(content, str):
        found.add("user", "user", [{"text": content}])
        return
    parts = [user_part(part, place, found.details) for part, place in objects_of(content, f"{at}.content")]
    found.add("user", "user", parts)


def _assistant(found: Conversation, message: dict[str, Any], at: str) -> None:
    check_part({**message, "annotations": message.get("annotations") or None}, _ASSISTANT, at)
    parts: list[Part] = []
    for name in ("reasoning_content", "content", "refusal"):
        if message.get(name) is not None:
            more = {"thought": True} if name == "reasoning_content" else {}
            parts += [{"text": text, **more} for text in texts_of(message[name], f"{at}.{name}", ("text", "refusal"))]
    signature = _signature(message, at)
    if signature is not None:
        parts = parts or [{"text": ""}]
        parts[-1]["thoughtSignature"] = signature
    calls = [_call(found, call, place) for call, place in objects_of(message.get("tool_calls") or [], f"{at}.tool_calls", least=0)]
    if calls:
        parts = [part for part in parts if part["text"] or "thoughtSignature" in part]
        if found.wants_signatures:
            calls[0].setdefault("thoughtSignature", _UNSIGNED)
    if not parts and not calls:
        raise refusal(f"{at}.content", "An assistant message needs content or tool_calls.")
    found.add("model", "model", parts + calls)


def _call(found: Conversation, call: dict[str, Any], at: str) -> Part:
    check_part(call, {"id", "type", "function", "extra_content", "index"}, at)
    function = call.get("function")
    if call.get("type", "function") != "function" or not isinstance(function, dict):
        raise refusal(at, "Gemini calls functions only: a type of function, with a name and arguments.")
    call_id, name = call.get("id"), function.get("name")
    if not isinstance(call_id, str) or not isinstance(name, str):
        raise refusal(at, "An id and a function name are needed.")
    found.called(call_id, name)
    part: Part = {"functionCall": {"id": call_id, "name": name, "args": _arguments(function.get("arguments"), at)}}
    signature = _signature(call, at)
    return part if signature is None else {**part, "thoughtSignature": signature}


def _arguments(text: object, at: str) -> dict[str, Any]:
    try:
        arguments = json.loads(text, **_FINITE) if isinstance(text, str) and text.strip() else {}
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        raise refusal(f"{at}.function.arguments", "Gemini takes arguments that are one JSON object.")
    return arguments


def _signature(value: dict[str, Any], at: str) -> str | None:
    """The thought signature, where Google's OpenAI endpoint has it: `extra_content.google.thought_signature`."""
    extra = value.get("extra_content")
    if extra is None:
        return None
    google = extra.get("google") if isinstance(extra, dict) and set(extra) <= {"google"} else None
    if not isinstance(google, dict) or not set(google) <= {"thought_signature"}:
        raise refusal(f"{at}.extra_content", "Only google.thought_signature goes in here.")
    signature = google.get("thought_signature")
    if signature is not None and not isinstance(signature, str):
        raise refusal(f"{at}.extra_content", "The thought signature is a string.")
    return signature


def _tool(found: Conversation, message: dict[str, Any], at: str) -> None:
    check_part(message, {"role", "content", "tool_call_id", "name"}, at)
    call_id = message.get("tool_call_id")
    name = found.name_of(call_id)
    if name is None:
        raise refusal(f"{at}.tool_call_id", "No tool call before this message has this id; Gemini needs the function's name.")
    response = _response("".join(texts_of(message.get("content"), f"{at}.content")))
    found.add("results", "user", [{"functionResponse": {"id": call_id, "name": name, "response": response}}])


def _response(text: str) -> dict[str, Any]:
    """The result as an object: itself if it is one, else its text under `output`, where Gemini looks for it.

    Gemini's objects hold numbers as doubles. A result with a larger whole number stays text, so that no digit is lost.
    """
    try:
        value = json.loads(text, parse_int=_exact, **_FINITE)
    except (ValueError, RecursionError):
        return {"output": text}
    return value if isinstance(value, dict) else {"output": text}


def _exact(digits: str) -> int:
    if abs(number := int(digits)) > _MOST_EXACT:
        raise ValueError(digits)
    return number


def _finite(digits: str) -> float:
    if not isfinite(number := float(digits)):
        raise ValueError(digits)
    return number


_FINITE: Final[dict[str, Any]] = {"parse_float": _finite, "parse_constant": _finite}
"""JSON has no other numbers, though Python would read them."""
_ROLES: dict[str, Callable[[Conversation, dict[str, Any], str], None]] = {
    "system": _system,
    "developer": _system,
    "user": _user,
    "assistant": _assistant,
    "tool": _tool,
}
