"""What the sandbox answers, and how it counts tokens: the same prompt always gets the same words."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

_TOKEN = re.compile(r"\s?[^\W_]+|\s?[^\w\s]|\s?_|\s")
_SENTENCES: Final = (
    "This answer comes from the sandbox, so no provider was asked and no money was spent.",
    "The same prompt always gets the same words back.",
    "Your budget moves all the same, because the sandbox has prices of its own.",
    "Every word arrives as an event of its own when you ask for a stream.",
    "Pick another sandbox key to see how an app copes with a failure.",
    "The relay opened the key for this one call and has dropped it since.",
    "Pause or revoke this connection while a stream runs, and it ends within a second.",
    "Nothing you write here is stored.",
)
EMBEDDING_DIMENSIONS: Final = 64


def tokens(text: str) -> list[str]:
    """`text` cut into tokens: words with the space before them, and single marks. Joined they are the text."""
    return _TOKEN.findall(text)


def prompt_tokens(messages: list[Any]) -> int:
    """Tokens of a conversation: those of its texts, and three for each message."""
    return sum(len(tokens(text_of(message))) + 3 for message in messages)


def text_of(message: Any) -> str:
    """The text of one message, whose content is a string or a list of text parts."""
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, list):
        return " ".join(part.get("text", "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def answer_to(model: str, messages: list[Any], choice: int) -> str:
    """The answer: the end of what was asked, and sentences that its digest picks."""
    asked = text_of(messages[-1]).strip() if messages else ""
    digest = hashlib.sha256(f"{model}\0{choice}\0{asked}".encode("utf-8", "replace")).digest()
    picked = sorted(range(len(_SENTENCES)), key=lambda number: digest[number])[: 2 + digest[-1] % 3]
    quoted = f"You asked: “{asked[:80]}”. " if asked else ""
    return quoted + " ".join(_SENTENCES[number] for number in picked)


def embedding_of(model: str, text: str) -> list[float]:
    """A unit vector that depends on the text alone."""
    digest = hashlib.shake_256(f"{model}\0{text}".encode("utf-8", "replace")).digest(EMBEDDING_DIMENSIONS)
    raw = [byte - 127.5 for byte in digest]
    length = sum(value * value for value in raw) ** 0.5
    return [value / length for value in raw]
