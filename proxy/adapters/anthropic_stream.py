"""Anthropic's stream as OpenAI's chunks.

Sources, stored copies read 2026-11-23: platform.claude.com/docs/en/build-with-claude/streaming (event flow; counts in
message_delta are cumulative; new event types may come and are to be skipped); anthropic-sdk-python 2.12.0, types/raw_*.py.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import orjson

from proxy import answer_json
from proxy.adapters import anthropic_answer, chunks
from proxy.adapters.chunks import Head
from proxy.sse import data_of


class AnthropicStream:
    """One stream. Text, thoughts and pieces of tool arguments go out as they come; tools are counted as OpenAI does."""

    def __init__(self, created: int, asked_model: str, *, include_usage: bool) -> None:
        self._head = Head("", created, asked_model)
        self._include_usage = include_usage
        self._usage: dict[str, Any] = {}
        self._tools: dict[int, _Tool] = {}
        self._thoughts: dict[int, dict[str, Any]] = {}
        self._finished = False
        self._failed = False

    def event(self, event: bytes) -> bytes:
        """What one native event becomes. Raises ValueError for one that is no JSON object, or lacks what it must have."""
        told = _told_by(event)
        if told is None:
            return b""
        try:
            return self._delta(told) if told["type"] == "content_block_delta" else self._other(told)
        except (AttributeError, KeyError, TypeError):
            raise ValueError("an event that the dialect does not have") from None

    def end(self) -> bytes:
        """The usage chunk, if asked for, and `[DONE]`. Raises ValueError if the model had not stopped."""
        if self._failed:
            return b""
        if not self._finished:
            raise ValueError("the stream ended before the message")
        last = self._head.usage_chunk(anthropic_answer.usage(self._usage)) if self._include_usage else b""
        return last + chunks.DONE

    def _other(self, told: dict[str, Any]) -> bytes:
        match told["type"]:
            case "message_start":
                return self._start(told)
            case "content_block_start":
                return self._block_start(told)
            case "content_block_stop":
                return self._block_stop(told)
            case "message_delta":
                return self._stop(told)
            case "error":
                return self._error(told)
            case _:
                return b""

    def _start(self, told: dict[str, Any]) -> bytes:
        message = told["message"]
        self._head = anthropic_answer.head(message, self._head.created, self._head.model)
        self._count(message.get("usage") or {})
        return self._chunk({"role": "assistant", "content": ""})

    def _block_start(self, told: dict[str, Any]) -> bytes:
        block = told["content_block"]
        match block["type"]:
            case "text" if block.get("text"):
                return self._chunk({"content": block["text"]})
            case "thinking" | "redacted_thinking":
                self._thoughts[told["index"]] = dict(block)
                return self._chunk({"reasoning_content": block["thinking"]}) if block.get("thinking") else b""
            case "tool_use":
                tool = self._tools[told["index"]] = _Tool(len(self._tools), block.get("input") or {})
                return self._chunk({"tool_calls": [{"index": tool.number, **chunks.tool_call(block["id"], block["name"], "")}]})
            case _:
                return b""

    def _delta(self, told: dict[str, Any]) -> bytes:
        delta = told["delta"]
        match delta["type"]:
            case "text_delta":
                return self._chunk({"content": delta["text"]})
            case "thinking_delta" if delta["thinking"]:
                self._thoughts[told["index"]]["thinking"] += delta["thinking"]
                return self._chunk({"reasoning_content": delta["thinking"]})
            case "signature_delta":
                self._thoughts[told["index"]]["signature"] = delta["signature"]
                return b""
            case "input_json_delta" if delta["partial_json"] and told["index"] in self._tools:
                return self._arguments(self._tools[told["index"]], delta["partial_json"])
            case _:
                return b""

    def _block_stop(self, told: dict[str, Any]) -> bytes:
        """Thoughts go out once more, whole, to be sent back. A tool whose arguments did not come in pieces gets them now:
        without any, clients could not parse them."""
        index = told["index"]
        if index in self._thoughts:
            return self._chunk({"thinking_blocks": [anthropic_answer.thinking_block(index, self._thoughts.pop(index))]})
        tool = self._tools.get(index)
        if tool is None or tool.has_arguments:
            return b""
        return self._arguments(tool, chunks.arguments(tool.input))

    def _arguments(self, tool: _Tool, piece: str) -> bytes:
        tool.has_arguments = True
        return self._chunk({"tool_calls": [{"index": tool.number, "function": {"arguments": piece}}]})

    def _stop(self, told: dict[str, Any]) -> bytes:
        delta = told["delta"]
        self._count(told.get("usage") or {})
        if delta.get("stop_reason") is None or self._finished:
            return b""
        self._finished = True
        why = anthropic_answer.explanation(delta)
        finish = anthropic_answer.finish_reason(delta["stop_reason"])
        return self._chunk({} if why is None else {"refusal": why}, finish)

    def _error(self, told: dict[str, Any]) -> bytes:
        self._failed = True
        return chunks.error_event(str(told["error"].get("message")), str(told["error"].get("type")))

    def _count(self, usage: dict[str, Any]) -> None:
        self._usage |= {name: value for name, value in usage.items() if value is not None}

    def _chunk(self, delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
        return self._head.chunk(delta, finish_reason, with_usage=self._include_usage)


def _told_by(event: bytes) -> Any:
    """The event's data, parsed; None where it has none. Most come as a line with the name and one with the data."""
    _, found, data = event.partition(b"\ndata: ")
    if found:
        with suppress(orjson.JSONDecodeError):
            return orjson.loads(data)
    data = data_of(event)
    return answer_json.loads(data) if data else None


class _Tool:
    """One tool use: its place among the tool calls, the input it began with, and whether arguments have gone out."""

    __slots__ = ("has_arguments", "input", "number")

    def __init__(self, number: int, given: dict[str, Any]) -> None:
        self.number = number
        self.input = given
        self.has_arguments = False
