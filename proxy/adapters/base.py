"""What an adapter is: a dialect's translation of an OpenAI chat request. Pure functions, no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from relay.providers.facts import Provider


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """Where a chat call goes at the provider, and the members of its body in the provider's dialect."""

    path: str
    members: dict[str, Any] = field(repr=False)


class ChatAdapter(Protocol):
    """One dialect. Answers and events need a translation only where the dialect is not OpenAI's own."""

    def request(self, provider: Provider, members: dict[str, Any]) -> ChatRequest:
        """The provider's own request for this OpenAI chat request. Raises InvalidRequest for what it can't express."""
        ...
