"""JSON Schema of the API document as rows of a table, and as an example value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from relay.docs import samples

Shape = Mapping[str, Any]
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Row:
    """One member: `path` with dots and `[]` from the body's top, its type in words, and what it means."""

    path: str
    kind: str
    required: bool
    meaning: SafeString


class Shapes:
    """The named shapes of one document."""

    def __init__(self, components: Mapping[str, Shape]) -> None:
        self._components = components

    def resolved(self, shape: Shape) -> Shape:
        """The shape itself, behind any reference, and without the null that may stand for it."""
        if "$ref" in shape:
            return self.resolved(self._components[shape["$ref"].rpartition("/")[2]])
        choices = [choice for choice in shape.get("anyOf", ()) if choice != {"type": "null"}]
        return {**self.resolved(choices[0]), **_own(shape)} if len(choices) == 1 else shape

    def alternatives(self, shape: Shape) -> list[Shape]:
        """The shapes of which a body has one."""
        whole = self.resolved(shape)
        return [self.resolved(choice) for choice in whole["oneOf"]] if "oneOf" in whole else [whole]

    def rows(self, shape: Shape, before: str = "", depth: int = 0) -> Iterator[Row]:
        """A row for each member of an object, and for each of theirs."""
        whole = self.resolved(shape)
        required = whole.get("required", ())
        for name, member in whole.get("properties", {}).items():
            path, inner = f"{before}{name}", self.resolved(member)
            yield Row(path, self.kind(member), name in required, _meaning(member, inner))
            if inner.get("type") == "array" or "array" in inner.get("type", ()):
                path, inner = f"{path}[]", self.resolved(inner.get("items", {}))
            if depth < _DEEPEST:
                yield from self.rows(inner, f"{path}.", depth + 1)

    def kind(self, shape: Shape) -> str:
        """The type in words, with its bounds."""
        may_be_null = {"type": "null"} in shape.get("anyOf", ()) or "null" in _types(shape)
        whole = self.resolved(shape)
        return self._kind(whole) + (" or null" if may_be_null else "")

    def _kind(self, whole: Shape) -> str:
        if "const" in whole:
            return f"always {_written(whole['const'])}"
        if "enum" in whole:
            return "one of " + ", ".join(_written(value) for value in whole["enum"] if value is not None)
        name = next((name for name in _types(whole) if name != "null"), "")
        if name == "array":
            return "list of " + self.kind(whole.get("items", {})).replace("text", "texts", 1) + _count(whole)
        return _WORDS[name](whole) if name in _WORDS else "anything"

    def example(self, shape: Shape, name: str = "", *, whole: bool = True) -> Any:
        """A value of this shape that a reader can make sense of; `whole`: with the members that may be missing."""
        shape = self.alternatives(shape)[0]
        kind = next((kind for kind in _types(shape) if kind != "null"), "")
        if "const" in shape or "enum" in shape:
            return shape.get("const", next(iter(shape.get("enum", ())), None))
        if kind == "object" or "properties" in shape:
            required = shape.get("required", ())
            members = shape.get("properties", {}).items()
            return {each: self.example(inner, each, whole=whole) for each, inner in members if whole or each in required}
        if kind == "array":
            return [self.example(shape.get("items", {}), name, whole=whole)]
        return samples.value(name, kind, shape)


def _own(shape: Shape) -> dict[str, Any]:
    return {"description": shape["description"]} if "description" in shape else {}


def _types(shape: Shape) -> list[str]:
    named = shape.get("type", [])
    return [named] if isinstance(named, str) else list(named)


def with_code(text: str) -> SafeString:
    """A sentence of the document for a page: what stands between backticks as code."""
    parts = enumerate(text.replace("'", "’").split("`"))
    return format_html_join("", "{}", ((format_html("<code>{}</code>", part) if at % 2 else part,) for at, part in parts))


def _meaning(member: Shape, inner: Shape) -> SafeString:
    return with_code(str(member.get("description") or inner.get("description") or ""))


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_FORMATS = {"date-time": "time", "date": "day", "uri": "address"}


def _text(shape: Shape) -> str:
    pattern, longest = shape.get("pattern", ""), shape.get("maxLength")
    if shape.get("format") in _FORMATS:
        return _FORMATS[shape["format"]]
    if pattern == samples.B64U_PATTERN:
        return "base64url" + (f" of {longest} characters" if longest and shape.get("minLength") == longest else "")
    if found := samples.PREFIX.match(pattern):
        return f"id ({found[1]}_…)"
    return f"text, at most {longest:,} characters" if longest and longest < 10_000 and not pattern else "text"


def _number(shape: Shape) -> str:
    smallest, largest = shape.get("minimum"), shape.get("maximum")
    if largest is not None:
        return f"whole number, {smallest or 0:,} to {largest:,}"
    return f"whole number from {smallest:,}" if smallest else "whole number"


def _count(shape: Shape) -> str:
    return f", at most {shape['maxItems']:,}" if "maxItems" in shape else ""


_WORDS: dict[str, Callable[[Shape], str]] = {
    "string": _text,
    "integer": _number,
    "number": lambda _: "number",
    "boolean": lambda _: "true or false",
    "object": lambda _: "object",
}
