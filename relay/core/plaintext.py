"""Refuses bodies that carry a password or a provider key in clear (api.md, "Accounts", last line)."""

from __future__ import annotations

from typing import Any

from relay.providers.registry import looks_like_provider_key

from .errors import PlaintextSecretRefused

_NEVER = frozenset({"password", "masterKey"})


def refuse_plaintext(body: Any, *, also: frozenset[str] = frozenset()) -> None:
    """Raises PlaintextSecretRefused for a member named so at any depth, or text in the shape of a provider key."""
    if isinstance(body, dict):
        if not (_NEVER | also).isdisjoint(body):
            raise PlaintextSecretRefused
        for value in body.values():
            refuse_plaintext(value, also=also)
    elif isinstance(body, list):
        for value in body:
            refuse_plaintext(value, also=also)
    elif isinstance(body, str) and looks_like_provider_key(body):
        raise PlaintextSecretRefused
