"""Dotted member paths of spec/providers.json, followed in parsed answers."""

from __future__ import annotations

from functools import lru_cache
from typing import Any


def member(value: Any, path: str) -> Any:
    """What stands at the path; None where nothing does."""
    if "." not in path:
        return value.get(path) if isinstance(value, dict) else None
    for name in _names(path):
        value = value.get(name) if isinstance(value, dict) else None
    return value


@lru_cache(maxsize=256)
def _names(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))
