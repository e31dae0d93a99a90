"""Providers that speak OpenAI's chat dialect themselves: nothing is translated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from proxy.adapters.base import ChatRequest

if TYPE_CHECKING:
    from datetime import datetime

    from relay.providers.facts import Provider


class OpenAiAdapter:
    """The identity."""

    def request(self, provider: Provider, members: dict[str, Any], now: datetime) -> ChatRequest:
        """The same request at the provider's own chat address."""
        return ChatRequest(provider.chat_path or "", members)
