"""OpenAI's answers as adapters write them: whole, and in chunks.

Source: openai-python 3.54.0, types/chat/chat_completion.py and chat_completion_chunk.py, read 2026-11-23. Reasoning has no
place in that format; it goes into `reasoning_content`, as DeepSeek, and most gateways and clients after it, do. What a
provider wants back with the next call goes into members that clients keep: `thinking_blocks` (as LiteLLM has it).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from proxy import sse

DONE = b"data: [DONE]\n\n"


def arguments(value: Any) -> str:
    """The arguments of a tool call, as text. Raises ValueError for what JSON can't carry."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError as error:
        raise ValueError(str(error)) from None


def usage(prompt: int, completion: int, *, cached: int = 0, written: int = 0, reasoning: int | None = None) -> dict[str, Any]:
    """The usage object: `prompt` includes `cached` and `written`, `completion` includes `reasoning`."""
    counted: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
    }
    if reasoning is not None:
        counted["completion_tokens_details"] = {"reasoning_tokens": reasoning}
    return counted


@dataclass(frozen=True, slots=True)
class Head:
    """What every chunk of a stream, and a whole answer, begins with. `created` is in seconds since 1970."""

    id: str
    created: int
    model: str
    _opening: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Write once what all chunks begin with."""
        opening = orjson.dumps(self.members("chat.completion.chunk"))[:-1]
        object.__setattr__(self, "_opening", b"data: " + opening + b',"choices":[{"index":0,"delta":')

    def completion(self, message: dict[str, Any], finish_reason: str, used: dict[str, Any]) -> dict[str, Any]:
        """A whole answer with one choice."""
        choice = {"index": 0, "message": {"role": "assistant", **message}, "logprobs": None, "finish_reason": finish_reason}
        return self.members("chat.completion") | {"choices": [choice], "usage": used}

    def chunk(self, delta: dict[str, Any], finish_reason: str | None = None, *, with_usage: bool = False) -> bytes:
        """An event with one change. `with_usage`: the caller asked for usage, so every other chunk says that it has none."""
        reason = b"null" if finish_reason is None else orjson.dumps(finish_reason)
        usage = b',"usage":null' if with_usage else b""
        return b'%s%s,"logprobs":null,"finish_reason":%s}]%s}\n\n' % (self._opening, orjson.dumps(delta), reason, usage)

    def usage_chunk(self, used: dict[str, Any]) -> bytes:
        """The extra last chunk that `include_usage` asks for."""
        return sse.event(orjson.dumps(self.members("chat.completion.chunk") | {"choices": [], "usage": used}))

    def members(self, kind: str) -> dict[str, Any]:
        """The members that stand before the choices."""
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def tool_call(call_id: str, name: str, arguments: str) -> dict[str, Any]:
    """One call of a tool."""
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def error_event(message: str, kind: str) -> bytes:
    """An error the provider reported within its stream, as OpenAI's SDKs raise it."""
    return sse.event(orjson.dumps({"error": {"message": message, "type": kind, "param": None, "code": kind}}))
