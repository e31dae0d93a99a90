"""Reading the document in tests: what it says of a route, and whether a value is as it says."""

from __future__ import annotations

import re
from typing import Any

from jsonschema import Draft202012Validator

from relay.openapi.document import document


def nameless(path: str) -> str:
    """The path with {} for each parameter, whatever it is called."""
    return re.sub(r"\{\w+\}|:\w+|\*", "{}", path)


def operation_of(method: str, path: str) -> dict[str, Any]:
    """What the document says of a route."""
    known = next(known for known in document()["paths"] if nameless(known) == nameless(path))
    found: dict[str, Any] = document()["paths"][known][method.lower()]
    return found


def closed(shape: Any) -> Any:
    """The same shape that takes no member it does not name: the document must name all that is answered."""
    if isinstance(shape, list):
        return [closed(entry) for entry in shape]
    if not isinstance(shape, dict):
        return shape
    inner = {name: closed(value) for name, value in shape.items()}
    return {**inner, "additionalProperties": False} if isinstance(shape.get("properties"), dict) and "type" in shape else inner


def problems(value: Any, shape: dict[str, Any], *, strict: bool = True) -> list[str]:
    """What in a value breaks the shape; `strict`: members that are not described do so too."""
    whole = {**shape, "components": document()["components"]}
    whole = closed(whole) if strict else whole
    validator = Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def content(answer: dict[str, Any]) -> dict[str, Any]:
    """The shape of an answer's or body's JSON."""
    shape: dict[str, Any] = answer["content"]["application/json"]["schema"]
    return shape
