"""A JSON schema on its way to Gemini: what it enforces passes, what it would ignore is refused where strictness was asked.

Source: https://ai.google.dev/api/generate-content, GenerationConfig.responseJsonSchema (the list of keywords), and
https://ai.google.dev/gemini-api/docs/structured-output, "Limitations": "The model ignores unsupported properties." (stored
copies of 2026-04-19 and 2026-02-26, read 2026-11-23).
"""

from __future__ import annotations

from typing import Any, Final

from proxy.adapters.chat import refusal

_ENFORCED: Final = frozenset(
    {
        "$id",
        "$defs",
        "$ref",
        "$anchor",
        "type",
        "format",
        "title",
        "description",
        "enum",
        "items",
        "prefixItems",
        "minItems",
        "maxItems",
        "minimum",
        "maximum",
        "anyOf",
        "oneOf",
        "properties",
        "additionalProperties",
        "required",
        "propertyOrdering",
    }
)
_SAYS_NOTHING: Final = frozenset(["$schema", "$comment", "default", "examples", "deprecated", "readOnly", "writeOnly"])
_OF_ONE: Final = ("items", "additionalProperties")
_OF_LIST: Final = ("anyOf", "oneOf", "prefixItems")
_OF_NAMES: Final = ("properties", "$defs")


def native_schema(schema: object, at: str, *, is_strict: bool) -> Any:
    """The schema as Gemini takes it: `const` is an `enum` of one there.

    Raises InvalidRequest, if `is_strict`, for a keyword that Gemini would ignore.
    """
    if not isinstance(schema, dict):
        return schema
    unknown = set(schema) - _ENFORCED - _SAYS_NOTHING - {"const"}
    if is_strict and unknown:
        raise refusal(at, f"Gemini ignores the keyword {min(unknown)[:64]}. Take it out of the schema, or leave out strict.")
    native = {name: _inner(name, value, at, is_strict) for name, value in schema.items() if name != "const"}
    return {**native, "enum": [schema["const"]]} if "const" in schema else native


def _inner(name: str, value: Any, at: str, is_strict: bool) -> Any:
    if name in _OF_ONE:
        return native_schema(value, at, is_strict=is_strict)
    if name in _OF_LIST and isinstance(value, list):
        return [native_schema(item, at, is_strict=is_strict) for item in value]
    if name in _OF_NAMES and isinstance(value, dict):
        return {key: native_schema(item, at, is_strict=is_strict) for key, item in value.items()}
    return value
