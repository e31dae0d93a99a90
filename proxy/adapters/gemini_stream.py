"""Gemini's stream as OpenAI's chunks: every event is a GenerateContentResponse with what is new in it.

Sources: https://ai.google.dev/api/generate-content, "streamGenerateContent" (stored copy of 2026-04-19, read 2026-11-23);
google-genai 3.4.0, `_api_client.py`, `_iter_response_stream`: an error may come as plain JSON, without `data:`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from proxy import answer_json, sse
from proxy.adapters.chunks import DONE, error_event
from proxy.adapters.gemini_answer import blocked, candidates_of, ending, head_of, index_of, logprobs_of, said_by, signed, usage_of

if TYPE_CHECKING:
    from proxy.adapters.chunks import Head


@dataclass(slots=True)
class _Choice:
    """How far one candidate is. `why` it is none, if the prompt was blocked; `signature` of its text."""

    is_first: bool = True
    calls: int = 0
    native_end: Any = None
    why: str | None = None
    signature: str | None = None


class GeminiStream:
    """One stream.

    Why a candidate ended is told at the end: some models say it before their last words. So is the signature of its text,
    once: clients add up what comes in pieces.
    """

    __slots__ = ("_choices", "_failed", "_head", "_is_named", "_used", "_with_usage")

    def __init__(self, head: Head, *, with_usage: bool) -> None:
        self._head = head
        self._is_named = False
        self._with_usage = with_usage
        self._choices: dict[int, _Choice] = {}
        self._used: dict[str, Any] = {}
        self._failed = False

    def event(self, event: bytes) -> bytes:
        """What the event becomes. Raises ValueError for what Gemini does not stream."""
        data = sse.data_of(event) or _plain(event)
        if not data:
            return b""
        body = answer_json.loads(data)
        if not isinstance(body, dict):
            raise ValueError("an event that is no object")  # noqa: TRY004 - one error for an answer we can't read
        if (error := body.get("error")) is not None:
            self._failed = True
            return _error(error)
        if not self._is_named:
            self._head, self._is_named = head_of(body, self._head), True
        if isinstance(body.get("usageMetadata"), dict):
            self._used |= body["usageMetadata"]
        why = blocked(body)
        if why is not None:
            self._choices.setdefault(0, _Choice()).why = why
        return b"".join([self._candidate(candidate) for candidate in candidates_of(body)])

    def end(self) -> bytes:
        """What was kept for the end, the finish chunks, the usage chunk if asked for, `[DONE]`.

        Raises ValueError where a candidate did not end.
        """
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
        choice = self._choices.setdefault(index, _Choice())
        said = said_by(candidate, self._head.id, choice.calls)
        for number, call in enumerate(said.calls, choice.calls):
            call["index"] = number
        choice.calls += len(said.calls)
        choice.native_end = candidate.get("finishReason") or choice.native_end
        choice.signature, said.signature = said.signature or choice.signature, None
        delta = ({"content": said.text} if said.text or (choice.is_first and not said.calls) else {}) | said.members()
        logprobs = logprobs_of(candidate)
        return self._chunk(index, delta, logprobs) if delta or logprobs else b""

    def _ending(self, index: int, choice: _Choice) -> bytes:
        reason, why = ("content_filter", choice.why) if choice.why else ending(choice.native_end, has_calls=bool(choice.calls))
        more = ({"refusal": why} if why else {}) | signed(choice.signature)
        return (self._chunk(index, more) if more else b"") + self._chunk(index, {}, reason=reason)

    def _chunk(self, index: int, delta: dict[str, Any], logprobs: Any = None, reason: str | None = None) -> bytes:
        if self._choices[index].is_first:
            self._choices[index].is_first = False
            delta = {"role": "assistant"} | delta
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
