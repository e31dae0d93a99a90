"""One adapter a dialect; which dialect a provider speaks is data (spec/providers.json)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy.adapters.anthropic import AnthropicAdapter
from proxy.adapters.gemini import GeminiAdapter
from proxy.adapters.openai import OpenAiAdapter
from relay.core.errors import InvalidRequest

if TYPE_CHECKING:
    from proxy.adapters.base import ChatAdapter
    from relay.providers.facts import Provider

_ADAPTERS: dict[str, ChatAdapter] = {"openai": OpenAiAdapter(), "anthropic": AnthropicAdapter(), "google": GeminiAdapter()}


def adapter_for(provider: Provider) -> ChatAdapter:
    """The adapter of the provider's dialect. Raises InvalidRequest, naming passthrough, where it has none."""
    adapter = _ADAPTERS.get(provider.dialect)
    if adapter is None:
        why = f"{provider.name} has no chat completions. Call it in its own format at /v1/proxy/passthrough/{provider.id}/."
        raise InvalidRequest(why, fields={"provider": [f"Use /v1/proxy/passthrough/{provider.id}/ for this provider."]})
    return adapter
