"""All SDKs that are tested, in all ways they can be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import groq

from tests.sdks.javascript import CLAUDE, GEMINI, GPT, JAVASCRIPT, LLAMA, STATUSES, VERCEL, JavaScriptSdk
from tests.sdks.python_anthropic import AnthropicSdk
from tests.sdks.python_google import GoogleSdk
from tests.sdks.python_openai import ChatSdk, ResponsesSdk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sdks.asking import Sdk

_OPENAI = "/v1/proxy/passthrough/openai/v1"
_DOOR = "/v1/openai"

PASSTHROUGH: tuple[Sdk, ...] = (
    ChatSdk("python openai chat", "openai", _OPENAI, GPT),
    ResponsesSdk("python openai responses", "openai", _OPENAI, GPT),
    AnthropicSdk(),
    GoogleSdk(),
    ChatSdk("python groq", "groq", "/v1/proxy/passthrough/groq", LLAMA, groq.Groq),
    *JAVASCRIPT,
)


def _at_the_door() -> Iterator[Sdk]:
    """OpenAI's clients at /v1/openai, where every provider answers in OpenAI's format."""
    for provider, name in {"openai": GPT, "anthropic": CLAUDE, "google": GEMINI, "groq": LLAMA}.items():
        model = f"{provider}/{name}"
        yield ChatSdk(f"door python {provider}", provider, _DOOR, model)
        yield JavaScriptSdk("js openai chat", provider, _DOOR, model, STATUSES, name=f"door js {provider}")
        yield JavaScriptSdk("vercel openai chat", provider, _DOOR, model, VERCEL, name=f"door vercel {provider}", obeys=False)


EVERY: tuple[Sdk, ...] = (*PASSTHROUGH, *_at_the_door())

REFUSED: tuple[Sdk, ...] = (*PASSTHROUGH, *(sdk for sdk in _at_the_door() if sdk.provider == "anthropic"))
"""At the door the refusals are the same whichever provider is called."""
