"""What Gemini answers, written by hand from https://ai.google.dev/api/generate-content, GenerateContentResponse (2026-04-19)."""

from __future__ import annotations

import json
from typing import Any

from tests.fake_provider import Answer, stream, whole

PATH = "/v1beta/models/{}:generateContent"
HELLO_CONTENT = {"role": "user", "parts": [{"text": "Hello"}]}


def candidate(*parts: dict[str, Any], reason: str | None = "STOP", **more: Any) -> dict[str, Any]:
    """One candidate. The first one's index is 0, which protobuf's JSON leaves out."""
    ended = {} if reason is None else {"finishReason": reason}
    return {"content": {"parts": list(parts), "role": "model"}, **ended, **more}


def response(*candidates: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A whole answer, or one event of a stream."""
    counted = {"promptTokenCount": 8, "candidatesTokenCount": 4, "totalTokenCount": 12}
    answer = {"candidates": list(candidates), "usageMetadata": counted, "modelVersion": "gemini-2.5-flash", "responseId": "r1"}
    return {name: value for name, value in (answer | more).items() if value not in (None, [])}


def hello() -> Answer:
    """A short answer."""
    return whole(response(candidate({"text": "Hi."})))


def events(*responses: dict[str, Any]) -> list[bytes]:
    """Events as Google's server writes them: lines end with CR LF, and nothing follows the last."""
    return [b"data: " + json.dumps(each).encode() + b"\r\n\r\n" for each in responses]


def streamed(*responses: dict[str, Any]) -> Answer:
    """The same as a stream."""
    return stream(*events(*responses))
