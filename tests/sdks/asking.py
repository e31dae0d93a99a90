"""One way to use every official SDK: what a test asks of one, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

WEATHER_NAME = "weather"
WEATHER_ABOUT = "The weather in a city now."
WEATHER_SCHEMA: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def weather(arguments: Mapping[str, Any]) -> str:
    """What the tool answers, on the app's side."""
    return f"18 degrees in {arguments['city']}"


def schema(depth: int) -> dict[str, Any]:
    """The tool's parameters; with a member nested `depth` lists deep besides."""
    nested: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        nested = {"type": "array", "items": nested}
    extra = {"nested": nested} if depth else {}
    return {**WEATHER_SCHEMA, "properties": {**WEATHER_SCHEMA["properties"], **extra}}


@dataclass(frozen=True)
class Ask:
    """One question to a model, through an SDK whose base URL and key alone were changed.

    `then` is asked once the first question is answered, with all that was said before. `tool` offers the weather tool, runs
    it where the model asks for it, and sends the result. `retries` is left to the SDK where it is None. `prompt_repeated`
    makes a prompt of that many times as much text.
    """

    base: str
    token: str
    model: str
    prompt: str = "Hello"
    then: str = ""
    streams: bool = False
    tool: bool = False
    schema_depth: int = 0
    max_tokens: int = 100
    prompt_repeated: int = 1
    retries: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Said:
    """What the SDK gave its user. `pieces` counts the parts a streamed text came in; tokens are those of the last answer."""

    text: str
    pieces: int
    input_tokens: int
    output_tokens: int
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()


class Raised(Exception):
    """What the SDK raised: its class, its text, and the status and code where the SDK gives access to them."""

    def __init__(self, kind: str, text: str, status: int | None, code: str | None) -> None:
        self.kind, self.text, self.status, self.code = kind, text, status, code
        super().__init__(f"{kind} {status} {code}: {text}")


class Sdk(Protocol):
    """One SDK, in one of the ways it can be used."""

    id: str
    provider: str
    path: str
    """What follows the relay's origin in the base URL."""
    model: str
    kinds: Mapping[int, str]
    """The class it raises for a status; under 0 the one for any other."""
    tries_again: bool
    """Whether it does so unless it is told otherwise."""
    obeys_should_retry: bool
    """Whether it tries once only where the answer says so."""
    gives_code: bool
    """Whether the code is a member of what it raises, not only in its text."""

    def ask(self, ask: Ask) -> Said:
        """Ask. Raises Raised for whatever the SDK raises."""
        ...
