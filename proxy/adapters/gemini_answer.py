"""Gemini's answers as OpenAI's: candidates as choices, why they ended, what they used.

Sources: https://ai.google.dev/api/generate-content (GenerateContentResponse, Candidate, FinishReason, LogprobsResult,
UsageMetadata; stored copy of 2026-04-19, read 2026-11-23); google-genai 3.4.0, `types.py`;
https://ai.google.dev/gemini-api/docs/thought-signatures, "Signatures for OpenAI compatibility" (stored copy, read 2026-11-23).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from proxy.adapters.chunks import arguments, tool_call, usage

if TYPE_CHECKING:
    from proxy.adapters.chunks import Head

_PREFIX: Final = "chatcmpl-"
_REGULAR: Final = {"STOP": "stop", "MAX_TOKENS": "length", "CONTINUATION": "length"}


@dataclass(slots=True)
class Said:
    """What the parts of one candidate say. `calls` are OpenAI's tool calls; `signature` goes with text, not with a call."""

    text: str = ""
    thoughts: str = ""
    calls: list[dict[str, Any]] = field(default_factory=list)
    signature: str | None = None

    def members(self) -> dict[str, Any]:
        """The members of a message or delta that are not text."""
        members: dict[str, Any] = {"reasoning_content": self.thoughts} if self.thoughts else {}
        if self.calls:
            members["tool_calls"] = self.calls
        return {**members, **signed(self.signature)}


def completion(body: dict[str, Any], head: Head) -> dict[str, Any]:
    """A whole answer as a `chat.completion`. Raises ValueError for one that is no GenerateContentResponse."""
    head = head_of(body, head)
    choices = [_choice(candidate, head.id) for candidate in candidates_of(body)]
    if not choices:
        why = blocked(body)
        if why is None:
            raise ValueError("neither candidates nor a reason why there are none")
        choices = [_whole(0, {"content": None, "refusal": why}, "content_filter", None)]
    answer = head.members("chat.completion") | {"choices": choices}
    used = usage_of(body.get("usageMetadata"))
    return answer if used is None else answer | {"usage": used}


def head_of(body: dict[str, Any], head: Head) -> Head:
    """Id and model as the answer names them, else as they are known here."""
    own, model = body.get("responseId"), body.get("modelVersion")
    if isinstance(own, str) and own:
        head = replace(head, id=f"{_PREFIX}{own}")
    return replace(head, model=model) if isinstance(model, str) and model else head


def candidates_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The candidates. Raises ValueError where they are no objects."""
    candidates = body.get("candidates") or []
    if not isinstance(candidates, list) or not all(isinstance(candidate, dict) for candidate in candidates):
        raise ValueError("candidates are no list of objects")
    return candidates


def index_of(candidate: dict[str, Any]) -> int:
    """The candidate's number; the first has none."""
    index = candidate.get("index", 0)
    if type(index) is not int or index < 0:
        raise ValueError("a candidate's index is no number")
    return index


def said_by(candidate: dict[str, Any], answer_id: str, first_call: int = 0) -> Said:
    """What the candidate says. Raises ValueError for a part that chat has no word for.

    A call without an id of Gemini's own gets one from `answer_id`, the candidate and its number, from `first_call` on.
    """
    said = Said()
    call_prefix = f"call_{answer_id.removeprefix(_PREFIX)}_{index_of(candidate)}"
    content = candidate.get("content") or {}
    parts = (content.get("parts") if isinstance(content, dict) else content) or []
    if not isinstance(parts, list):
        raise ValueError("parts are no list")  # noqa: TRY004 - one error for an answer we can't read
    for part in parts:
        _take(said, part, call_prefix, first_call)
    return said


def _take(said: Said, part: Any, call_prefix: str, first_call: int) -> None:
    signature = part["thoughtSignature"] if isinstance(part, dict) and "thoughtSignature" in part else None
    match part:
        case {"functionCall": {"name": str(name), **call}}:
            call_id = call.get("id") or f"{call_prefix}_{first_call + len(said.calls)}"
            text = arguments(call.get("args") or {})
            said.calls.append({**tool_call(str(call_id), name, text), **signed(signature)})
            return
        case {"text": str(text), "thought": True}:
            said.thoughts += text
        case {"text": str(text)}:
            said.text += text
        case {"thoughtSignature": str(), **rest} if not rest:
            pass
        case _:
            raise ValueError("a part that is neither text nor a function call")
    said.signature = signature or said.signature


def ending(native: object, *, has_calls: bool) -> tuple[str, str | None]:
    """OpenAI's finish reason, and why the answer is not one where it ended in no regular way.

    Filters, and failures such as a malformed function call, both end with `content_filter`, so that no client takes what
    there is for an answer; the native reason stands in `refusal`.
    """
    regular = _REGULAR.get(str(native))
    if regular is None:
        return "content_filter", f"Gemini ended the answer: {native}."
    return ("tool_calls" if has_calls and regular == "stop" else regular), None


def blocked(body: dict[str, Any]) -> str | None:
    """Why the prompt was blocked, if it was."""
    feedback = body.get("promptFeedback")
    reason = feedback.get("blockReason") if isinstance(feedback, dict) else None
    return None if reason is None else f"Gemini blocked the prompt: {reason}."


def usage_of(counted: object) -> dict[str, Any] | None:
    """The usage object. Results of tools that Gemini ran count as prompt, thoughts as completion."""
    if not isinstance(counted, dict):
        return None

    def number(name: str) -> int:
        value = counted.get(name)
        return value if type(value) is int else 0

    thoughts = number("thoughtsTokenCount")
    return usage(
        number("promptTokenCount") + number("toolUsePromptTokenCount"),
        number("candidatesTokenCount") + thoughts,
        cached=number("cachedContentTokenCount"),
        reasoning=thoughts,
    )


def logprobs_of(candidate: dict[str, Any]) -> dict[str, Any] | None:
    """The log probabilities, if they were asked for. Raises ValueError where they are not as described."""
    result = candidate.get("logprobsResult")
    if result is None:
        return None
    try:
        tops = [[_token(each) for each in step.get("candidates", [])] for step in result.get("topCandidates", [])]
        chosen = [_token(each) for each in result.get("chosenCandidates", [])]
    except (AttributeError, KeyError, TypeError):
        raise ValueError("logprobs are not as described") from None
    tops += [[]] * (len(chosen) - len(tops))
    return {"content": [{**token, "top_logprobs": top} for token, top in zip(chosen, tops, strict=False)], "refusal": None}


def _token(each: dict[str, Any]) -> dict[str, Any]:
    return {"token": each["token"], "logprob": each.get("logProbability", 0.0), "bytes": None}


def _choice(candidate: dict[str, Any], answer_id: str) -> dict[str, Any]:
    index = index_of(candidate)
    said = said_by(candidate, answer_id)
    reason, why = ending(candidate.get("finishReason"), has_calls=bool(said.calls))
    content = said.text or (None if said.calls or why else "")
    return _whole(index, {"content": content, "refusal": why, **said.members()}, reason, logprobs_of(candidate))


def _whole(index: int, message: dict[str, Any], reason: str, logprobs: dict[str, Any] | None) -> dict[str, Any]:
    return {"index": index, "message": {"role": "assistant", **message}, "logprobs": logprobs, "finish_reason": reason}


def signed(signature: object) -> dict[str, Any]:
    """A thought signature where Google's OpenAI endpoint has it."""
    return {"extra_content": {"google": {"thought_signature": signature}}} if isinstance(signature, str) else {}
