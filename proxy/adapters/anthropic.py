"""Anthropic: OpenAI's chat calls as calls of its Messages API, natively, and its answers back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from proxy.adapters import chat
from proxy.adapters.anthropic_answer import completion
from proxy.adapters.anthropic_request import native_members
from proxy.adapters.anthropic_stream import AnthropicStream
from proxy.adapters.base import ChatRequest
from relay.providers import prices

if TYPE_CHECKING:
    from datetime import datetime

    from relay.providers.facts import Provider


@dataclass(frozen=True, slots=True)
class AnthropicTranslation:
    """The way back for one call. `created` is in seconds since 1970."""

    model: str
    created: int
    include_usage: bool

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        """The whole answer as a `chat.completion`."""
        return completion(body, self.created, self.model)

    def stream(self) -> AnthropicStream:
        """A fresh translation of a streamed answer."""
        return AnthropicStream(self.created, self.model, include_usage=self.include_usage)


class AnthropicAdapter:
    """The Messages API."""

    def request(self, provider: Provider, members: dict[str, Any], now: datetime) -> ChatRequest:
        """The native request. Anthropic insists on an output limit: where the caller sets none, it is the model's own."""
        model = members["model"]
        rates = prices.rates(provider.id, model, now)
        body = native_members(members, rates.max_output_tokens if rates else None)
        translation = AnthropicTranslation(model, int(now.timestamp()), chat.wants_usage(members))
        return ChatRequest(provider.chat_path or "", body, translation=translation)
