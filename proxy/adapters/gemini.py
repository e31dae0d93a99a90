"""Google Gemini: generateContent and streamGenerateContent of v1beta, the version that Google's own SDKs call.

Sources: https://ai.google.dev/api/generate-content (stored copy of 2026-04-19, read 2026-11-23); google-genai 3.4.0,
`models.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from proxy.adapters.base import ChatRequest
from proxy.adapters.chat import a_flag, refusal, wants_usage
from proxy.adapters.chunks import Head
from proxy.adapters.gemini_answer import completion
from proxy.adapters.gemini_request import native_body
from proxy.adapters.gemini_stream import GeminiStream

if TYPE_CHECKING:
    from datetime import datetime

    from relay.providers.facts import Provider

_MODEL = re.compile(r"(?:models/)?([A-Za-z0-9][A-Za-z0-9._-]*)")


class GeminiAdapter:
    """The dialect `google`."""

    def request(self, provider: Provider, members: dict[str, Any], now: datetime) -> ChatRequest:
        """The native request. Raises InvalidRequest for what Gemini can't do, naming the member."""
        found = _MODEL.fullmatch(members["model"])
        if found is None:
            raise refusal("model", "The name of a Gemini model is needed, such as gemini-2.5-flash.")
        model = found[1]
        given = {name: value for name, value in members.items() if value is not None}
        streams = a_flag(given.get("stream"), "stream")
        with_usage = wants_usage(given)
        head = Head(f"chatcmpl-{now:%Y%m%d%H%M%S%f}", int(now.timestamp()), model)
        verb, query = ("streamGenerateContent", "alt=sse") if streams else ("generateContent", "")
        body = native_body(given, model)
        return ChatRequest(f"/v1beta/models/{model}:{verb}", body, query, GeminiTranslation(head, with_usage))


@dataclass(frozen=True, slots=True)
class GeminiTranslation:
    """The way back for one call's answer. `head` names what Gemini's answer does not name itself."""

    head: Head
    with_usage: bool

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        """The whole answer as a `chat.completion`. Raises ValueError for what Gemini does not answer with."""
        return completion(body, self.head)

    def stream(self) -> GeminiStream:
        """A fresh translation of a streamed answer."""
        return GeminiStream(self.head, with_usage=self.with_usage)
