"""One adapter a dialect; which dialect a provider speaks is data (spec/providers.json)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy.adapters.anthropic import AnthropicAdapter
from proxy.adapters.gemini import GeminiAdapter
from proxy.adapters.openai import OpenAiAdapter

if TYPE_CHECKING:
    from proxy.adapters.base import ChatAdapter
    from relay.providers.facts import Provider

_ADAPTERS: dict[str, ChatAdapter] = {"openai": OpenAiAdapter(), "anthropic": AnthropicAdapter(), "google": GeminiAdapter()}


def adapter_for(provider: Provider) -> ChatAdapter:
    """The adapter of the provider's dialect; the schema of providers.json names no other dialect."""
    return _ADAPTERS[provider.dialect]
