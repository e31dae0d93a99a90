"""Gemini's stream as OpenAI's chunks: every event is a GenerateContentResponse with what is new in it.

Sources: https://ai.google.dev/api/generate-content, "streamGenerateContent" (stored copy of 2026-04-19, read 2026-11-23);
google-genai 3.4.0, `_api_client.py`, `_iter_response_stream`: an error may come as plain JSON, without `data:`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from proxy import sse
from proxy.adapters.chunks import DONE, error_event
from proxy.adapters.gemini_answer import blocked, candidates_of, ending, head_of, index_of, logprobs_of, said_by, usage_of

if TYPE_CHECKING:
    from proxy.adapters.chunks import Head


@dataclass(slots=True)
class _Choice:
    """How far one candidate is."""

    calls: int = 0
    native_end: Any = None
    why: str | None = None


class GeminiStream:
    """One stream. Why a candidate ended is told at the end: some models say it before their last words."""

    __slots__ = ("_choices", "_failed", "_head", "_used", "_with_usage")

    def __init__(self, head: Head, *, with_usage: bool) -> None:
        self._head = head
        self._with_usage = with_usage
        self._choices: dict[int, _Choice] = {}
        self._used: dict[str, Any] = {}
        self._failed = False

    def event(self, event: bytes) -> bytes:
        """What the event becomes. Raises ValueError for what Gemini does not stream."""
        data = sse.data_of(event) or _plain(event)
        if not data:
            return b""
        body = orjson.loads(data)
        if not isinstance(body, dict):
            raise ValueError("an event that is no object")  # noqa: TRY004 - one error for an answer we can't read
        if (error := body.get("error")) is not None:
            self._failed = True
            return _error(error)
        self._head = head_of(body, self._head)
        if isinstance(body.get("usageMetadata"), dict):
            self._used |= body["usageMetadata"]
        why = blocked(body)
        if why is not None:
            self._choices.setdefault(0, _Choice()).why = why
        return b"".join([self._candidate(candidate) for candidate in candidates_of(body)])

    def end(self) -> bytes:
        """The finish chunks, the usage chunk if asked for, `[DONE]`. Raises ValueError where a candidate did not end."""
        if self._failed:
            return b""
        if not self._choices or any(choice.native_end is None and choice.why is None for choice in self._choices.values()):
            raise ValueError("the stream ended before the answer did")
        last = [self._ending(index, choice) for index, choice in sorted(self._choices.items())]
        used = usage_of(self._used) if self._with_usage else None
        if used is not None:
            last.append(self._head.usage_chunk(used))
        return b"".join(last) + DONE

    def _candidate(self, candidate: dict[str, Any]) -> bytes:
        index = index_of(candidate)
        is_first = index not in self._choices
        choice = self._choices.setdefault(index, _Choice())
        said = said_by(candidate, self._head.id, choice.calls)
        for number, call in enumerate(said.calls, choice.calls):
            call["index"] = number
        choice.calls += len(said.calls)
        choice.native_end = candidate.get("finishReason") or choice.native_end
        delta: dict[str, Any] = {"role": "assistant"} if is_first else {}
        if said.text or (is_first and not said.calls):
            delta["content"] = said.text
        delta |= said.members()
        logprobs = logprobs_of(candidate)
        return self._chunk(index, delta, logprobs) if delta or logprobs else b""

    def _ending(self, index: int, choice: _Choice) -> bytes:
        reason, why = ("content_filter", choice.why) if choice.why else ending(choice.native_end, has_calls=bool(choice.calls))
        told = self._chunk(index, {"refusal": why}) if why else b""
        return told + self._chunk(index, {}, reason=reason)

    def _chunk(self, index: int, delta: dict[str, Any], logprobs: Any = None, reason: str | None = None) -> bytes:
        choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": reason}
        members = self._head.members("chat.completion.chunk") | {"choices": [choice]}
        return sse.event(orjson.dumps(members | {"usage": None} if self._with_usage else members))


def _plain(event: bytes) -> bytes:
    """The event itself, where it is JSON without being an event."""
    text = event.strip()
    return text if text[:1] in (b"{", b"[") else b""


def _error(error: Any) -> bytes:
    told = error if isinstance(error, dict) else {}
    message, status = told.get("message"), told.get("status")
    return error_event(str(message or "Gemini reported an error."), str(status or "provider_error"))
