"""What a provider says, byte for byte, and what the ledger must say of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from relay.providers import registry

if TYPE_CHECKING:
    from relay.providers.facts import AllowedCall, Meter, Provider
    from relay.providers.prices import TokenUsage

HELLO: list[dict[str, Any]] = [{"role": "user", "content": "Hello"}]

PINNED: dict[tuple[str, str], dict[str, str]] = {
    ("openai", "gpt-4.1-mini"): {"input": "0.40", "output": "1.60", "cacheRead": "0.10"},
    ("openai", "text-embedding-3-small"): {"input": "0.02", "output": "0.00"},
    ("anthropic", "claude-sonnet-4-5"): {
        "input": "3.00", "output": "15.00", "cacheRead": "0.30", "cacheWrite": "3.75", "cacheWrite1h": "6.00",
    },
    ("google", "gemini-2.5-flash"): {"input": "0.30", "output": "2.50", "cacheRead": "0.075"},
    ("google", "gemini-embedding-001"): {"input": "0.15", "output": "0.00"},
    ("groq", "llama-3.3-70b-versatile"): {"input": "0.59", "output": "0.79"},
    ("openrouter", "openai/gpt-4o-mini"): {"input": "0.15", "output": "0.60", "cacheRead": "0.075"},
    ("openrouter", "openai/text-embedding-3-small"): {"input": "0.02", "output": "0.00"},
    ("mistral", "mistral-small-latest"): {"input": "0.10", "output": "0.30"},
    ("deepseek", "deepseek-chat"): {"input": "0.28", "output": "0.42", "cacheRead": "0.028"},
    ("xai", "grok-4"): {"input": "3.00", "output": "15.00", "cacheRead": "0.75"},
    ("together", "meta-llama/Llama-3.3-70B-Instruct-Turbo"): {"input": "0.88", "output": "0.88"},
    ("fireworks", "accounts/fireworks/models/deepseek-v3p1"): {"input": "0.56", "output": "1.68"},
    ("perplexity", "openai/gpt-5-mini"): {"input": "0.25", "output": "2.00", "cacheRead": "0.025"},
    ("cerebras", "gpt-oss-120b"): {"input": "0.35", "output": "0.75"},
    ("cohere", "command-a-03-2025"): {"input": "2.50", "output": "10.00"},
}  # fmt: skip
"""Rates that no update of a price list changes: dollars a million tokens, so also thousandths of nano-dollars a token × 10^6."""


@dataclass(frozen=True)
class Case:
    """One answer of one provider.

    `page`: where its form is documented, and the day that was read. `said`: the answer, JSON or events. `unseen`: the part of
    it that the caller must not see, as only the relay asked for it.
    """

    provider_id: str
    path: str
    model: str
    page: str
    said: bytes
    usage: TokenUsage
    nanos: int
    source: str = "provider_usage"
    unseen: bytes = b""
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def provider(self) -> Provider:
        """The facts about who answers."""
        found = registry.provider(self.provider_id)
        assert found is not None
        return found

    @property
    def call(self) -> AllowedCall:
        """The facts about the call that is answered."""
        found = registry.match_call(self.provider, "POST", self.path.partition("?")[0].encode())
        assert found is not None
        return found.facts

    @property
    def meter(self) -> Meter:
        """How this answer is metered."""
        return registry.meter(self.call.meter)

    @property
    def streams(self) -> bool:
        """Whether the answer comes as events."""
        return not self.said.startswith(b"{")

    @property
    def seen(self) -> bytes:
        """What the caller must see of the answer."""
        assert self.unseen in self.said
        return self.said.replace(self.unseen, b"", 1) if self.unseen else self.said


def price_list() -> dict[str, Any]:
    """PINNED, in the form of an overrides file."""
    models = [
        {"provider": provider, "match": model, **{f"{kind}PerMillion": amount for kind, amount in amounts.items()}}
        for (provider, model), amounts in PINNED.items()
    ]
    return {"version": "pinned", "models": models}
