"""All SDKs that are tested, in all ways they can be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.sdks.javascript import JAVASCRIPT
from tests.sdks.python_anthropic import AnthropicSdk
from tests.sdks.python_google import GoogleSdk
from tests.sdks.python_openai import ChatSdk, ResponsesSdk

if TYPE_CHECKING:
    from tests.sdks.asking import Sdk

_OPENAI = "/v1/proxy/passthrough/openai/v1"

EVERY: tuple[Sdk, ...] = (
    ChatSdk("python openai chat", "openai", _OPENAI, "gpt-4o-mini"),
    ResponsesSdk("python openai responses", "openai", _OPENAI, "gpt-4o-mini"),
    AnthropicSdk(),
    GoogleSdk(),
    ChatSdk("python groq", "groq", "/v1/proxy/passthrough/groq", "llama-3.1-8b-instant"),
    *JAVASCRIPT,
)
