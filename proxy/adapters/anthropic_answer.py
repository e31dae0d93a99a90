"""Anthropic's message as OpenAI's chat completion: content, stop reason, usage.

Sources, stored copies read 2026-11-23: platform.claude.com/docs/en/api/messages, /build-with-claude/handling-stop-reasons,
/build-with-claude/prompt-caching; anthropic-sdk-python 2.12.0, types/message.py, usage.py, stop_reason.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from proxy.adapters import chunks
from proxy.adapters.chunks import Head

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FINISH: Final[Mapping[str, str]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}

THINKING: Final = ("thinking", "redacted_thinking")


def completion(body: dict[str, Any], created: int, asked_model: str) -> dict[str, Any]:
    """The whole answer as a `chat.completion`. Raises ValueError for anything but a message."""
    content = body.get("content")
    if body.get("type") != "message" or not isinstance(content, list) or not isinstance(body.get("usage"), dict):
        raise ValueError("no message")
    message = _message([block for block in content if isinstance(block, dict)])
    message["refusal"] = explanation(body)
    return head(body, created, asked_model).completion(message, finish_reason(body.get("stop_reason")), usage(body["usage"]))


def head(message: dict[str, Any], created: int, asked_model: str) -> Head:
    """Id and model as the provider gave them."""
    model = message.get("model")
    return Head(str(message.get("id") or ""), created, model if isinstance(model, str) else asked_model)


def finish_reason(stop_reason: object) -> str:
    """OpenAI's word for why the model stopped; `stop` for reasons that are newer than this list."""
    return _FINISH.get(str(stop_reason), "stop")


def explanation(stopped: Mapping[str, Any]) -> str | None:
    """What the provider says about a refusal, if it does."""
    details = stopped.get("stop_details")
    text = details.get("explanation") if isinstance(details, dict) and stopped.get("stop_reason") == "refusal" else None
    return text if isinstance(text, str) else None


def thinking_block(number: int, block: Mapping[str, Any]) -> dict[str, Any]:
    """A block of thoughts for `thinking_blocks`, with its place in the content: Anthropic wants it back with tool results."""
    return {"index": number, **block}


def usage(counted: Mapping[str, Any]) -> dict[str, Any]:
    """OpenAI's usage. Anthropic's input tokens leave out what was read from and written to the cache; OpenAI's do not."""
    cached, written = _count(counted, "cache_read_input_tokens"), _count(counted, "cache_creation_input_tokens")
    prompt = _count(counted, "input_tokens") + cached + written
    details = counted.get("output_tokens_details")
    reasoning = _count(details, "thinking_tokens") if isinstance(details, dict) else None
    return chunks.usage(prompt, _count(counted, "output_tokens"), cached=cached, written=written, reasoning=reasoning)


def _message(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    texts, thoughts = list(_all(blocks, "text")), list(_all(blocks, "thinking"))
    calls = [_tool_call(block) for block in blocks if block.get("type") == "tool_use"]
    message: dict[str, Any] = {"content": "".join(texts) if texts else None}
    if any(thoughts):
        message["reasoning_content"] = "".join(thoughts)
    if replayed := [thinking_block(number, block) for number, block in enumerate(blocks) if block.get("type") in THINKING]:
        message["thinking_blocks"] = replayed
    if calls:
        message["tool_calls"] = calls
    return message


def _all(blocks: list[dict[str, Any]], kind: str) -> Iterator[str]:
    return (str(block.get(kind, "")) for block in blocks if block.get("type") == kind)


def _tool_call(block: dict[str, Any]) -> dict[str, Any]:
    call_id, name = block.get("id"), block.get("name")
    if not isinstance(call_id, str) or not isinstance(name, str):
        raise ValueError("a tool use without id or name")  # noqa: TRY004 - one error for an answer we can't read
    return chunks.tool_call(call_id, name, chunks.arguments(block.get("input", {})))


def _count(counted: Mapping[str, Any], name: str) -> int:
    value = counted.get(name)
    return value if isinstance(value, int) else 0
