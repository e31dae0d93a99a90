"""Opaque prefixed ids and request ids (protocol.md, "Conventions"; api.md, "Everywhere")."""

from __future__ import annotations

import re
import secrets

_ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LETTERS = bytes(_ALPHABET[value % 62] for value in range(256))
"""A letter for every byte: eight of them a quarter more often than the others, which an id can afford."""
_ID = re.compile(r"[a-z]{3}_[0-9A-Za-z_]{16,40}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


def mint_id(prefix: str) -> str:
    """A new id, `prefix_` and 22 base62 characters, at least 125 random bits in all."""
    return f"{prefix}_{secrets.token_bytes(22).translate(_LETTERS).decode()}"


def is_id(prefix: str, text: object) -> bool:
    """Whether `text` has the form of an id with this three-letter prefix."""
    return is_any_id(text) and str(text).startswith(f"{prefix}_")


def is_any_id(text: object) -> bool:
    """Whether `text` has the form of an id, whatever its prefix."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def request_id(given: str | None) -> str:
    """The caller's own request id where it is 8–64 of `[A-Za-z0-9_-]`, else a new one."""
    if given and _REQUEST_ID.fullmatch(given):
        return given
    return mint_id("req")
