"""Values for the examples of the API reference: each fits its shape, and none opens anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

B64U_PATTERN = "^[A-Za-z0-9_-]+$"
PREFIX = re.compile(r"\^([a-z]{3})_\[0-9A-Za-z_\]")
_LETTERS = "7Kq2mZx9RtVb4NwYc8Hd3FgLs6PjTk1XuQe5AaZo"
_SHOWN = 18
_TOKENS = {"accessToken": "at", "publicToken": "pt", "linkToken": "lt", "clientSecret": "cs"}
_TEXTS = {
    "email": "ada@example.com",
    "name": "Quill",
    "label": "Work",
    "provider": "openai",
    "providers": "openai",
    "requestedProviders": "openai",
    "removeProviders": "anthropic",
    "model": "gpt-4o",
    "models": "gpt-4o",
    "role": "user",
    "content": "Hello!",
    "clientUserId": "visitor-1",
    "origin": "https://relay.example",
    "origins": "https://quill.example",
    "allowedOrigins": "https://quill.example",
    "websiteUrl": "https://quill.example",
    "webhookUrl": "https://quill.example/hooks/1relay",
    "redirectUris": "https://quill.example/connected",
    "redirectUri": "https://quill.example/connected",
    "uri": "https://quill.example/connected",
    "linkUrl": "https://relay.example/link/…",
    "frameUrl": "https://relay.example/link/frame/…",
    "userAgent": "Mozilla/5.0 (X11; Linux x86_64)",
    "state": "back-to-page-3",
    "requestId": "req_7Kq2mZx9RtVb4NwYc8Hd3F",
    "code": "key_invalid",
    "body": '{"type": "connection.created", …}',
    "answer": "ok",
}
_NUMBERS = {"budgetCents": 1000, "budgetSuggestionCents": 1000, "dailyCents": 200, "memoryKib": 65536, "iterations": 3, "requests": 42}


def value(name: str, kind: str, shape: Mapping[str, Any]) -> Any:
    """What stands for a member of this name and shape."""
    if kind == "integer":
        return max(_NUMBERS.get(name, 1250 if name.endswith("Micros") else 1), shape.get("minimum", 0))
    if kind == "boolean":
        return name not in {"trial", "allowUnpriced", "immediately"}
    if kind == "string":
        return _text(name, shape)
    return _TEXTS.get(name)


def _text(name: str, shape: Mapping[str, Any]) -> str:
    pattern = shape.get("pattern", "")
    if shape.get("format") in {"date-time", "date"}:
        return "2026-11-23T04:56:01Z" if shape["format"] == "date-time" else "2026-11-23"
    if found := PREFIX.match(pattern):
        return f"{found[1]}_{_LETTERS[:22]}"
    if pattern.startswith("^1r_cid_"):
        return "1r_cid_" + _LETTERS[:22]
    if pattern.startswith(("^1r_", "^whsec_")) or name in _TOKENS:
        is_token = not pattern.startswith("^whsec_")
        return f"1r_{_TOKENS.get(name, 'ut')}_" + (_LETTERS * 2)[:49] if is_token else f"whsec_{(_LETTERS * 2)[:43]}="
    if pattern == B64U_PATTERN:
        return (_LETTERS * 200)[: shape.get("minLength", 43)]
    return _TEXTS.get(name, "example")


def shortened(value: Any) -> Any:
    """The same with long tokens, ids and blobs cut, as nobody reads them."""
    if isinstance(value, dict):
        return {name: shortened(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shortened(inner) for inner in value]
    is_long = isinstance(value, str) and len(value) > _SHOWN and re.fullmatch(r"[\w-]+", value, re.ASCII)
    return f"{value[: _SHOWN - 4]}…" if is_long else value
