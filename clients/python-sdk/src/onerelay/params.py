"""What calls take, by keyword."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Required, TypeAlias, TypedDict

from onerelay.types import Limits, Message

ChatMessage: TypeAlias = Mapping[str, Any] | Message
"""A message in OpenAI’s format, or one that the model said, as it came."""


class LinkSessionParams(TypedDict, total=False):
    """How `create_link_session` asks a person."""

    requested_providers: Required[Sequence[str]]
    budget_suggestion_cents: int
    """What you suggest as the monthly budget; the person decides."""
    limits: Limits
    client_user_id: str
    """Your own id of the signed-in visitor; `exchange_public_token` must then bring the same."""
    redirect_uri: str
    response_mode: Literal["fragment", "query"]
    state: str
    connection_id: str
    """Opens an existing connection for changes instead of making one."""
    idempotency_key: str
    """Repeat a call with the same key and body within 24 hours and it happens once. One is made for you if you give none."""
    timeout: float
    """Seconds."""


class OpenAIOptions(TypedDict):
    """What `openai.OpenAI` and `openai.AsyncOpenAI` take."""

    base_url: str
    api_key: str


class AnthropicOptions(TypedDict):
    """What `anthropic.Anthropic` and `anthropic.AsyncAnthropic` take."""

    base_url: str
    api_key: str


class GoogleOptions(TypedDict):
    """What `google.genai.Client` takes."""

    api_key: str
    http_options: Any
    vertexai: bool
    """False: keeps GOOGLE_GENAI_USE_VERTEXAI in the environment from sending the call elsewhere."""


class GroqOptions(TypedDict):
    """What `groq.Groq` and `groq.AsyncGroq` take."""

    base_url: str
    api_key: str
