"""What an adapter is: a dialect's translation of an OpenAI chat call, there and back. Pure functions, no I/O, no clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from relay.providers.facts import Provider


class StreamTranslation(Protocol):
    """One native stream as OpenAI's chunks. Made for one stream and fed in order."""

    def event(self, event: bytes) -> bytes:
        """What one whole native event becomes: no, one or several `data: {…}` events.

        Raises ValueError for what the dialect does not have.
        """
        ...

    def end(self) -> bytes:
        """What closes the stream: the usage chunk if it was asked for and is still due, and `data: [DONE]`.

        Nothing after an error the provider reported. Raises ValueError where the stream ended before the answer did.
        """
        ...


class Translation(Protocol):
    """The way back for one call's answer."""

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        """The provider's whole answer as a `chat.completion`. Raises ValueError for what the dialect does not have."""
        ...

    def stream(self) -> StreamTranslation:
        """A fresh translation of a streamed answer."""
        ...


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """Where a chat call goes at the provider, and the members of its body in the provider's dialect.

    `translation` is None where the answer comes in OpenAI's own dialect: its bytes are passed on as they are.
    """

    path: str
    members: dict[str, Any] = field(repr=False)
    query: str = ""
    translation: Translation | None = None


class ChatAdapter(Protocol):
    """One dialect."""

    def request(self, provider: Provider, members: dict[str, Any], now: datetime) -> ChatRequest:
        """The provider's own request for this OpenAI chat request (which has a model and no `provider`).

        `now` dates the answer and picks the model's facts. Raises InvalidRequest for what the provider can't do: nothing
        is dropped.
        """
        ...
