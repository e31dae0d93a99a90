"""JSON into the dataclasses of this package, by their annotations."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
Convert = Callable[[Any], Any]


class Unreadable(Exception):
    """A member is missing or of another kind. It quotes nothing."""


def read(kind: type[T], data: object) -> T:
    """What the relay wrote in camelCase. Raises Unreadable where a member that has no default is missing, or one is of another kind."""
    return _read(kind, data, _camel, strict=True)


def read_loosely(kind: type[T], data: object) -> T:
    """What a provider wrote, in names like ours: a member that is missing or of another kind gets its default. `raw` is all of it."""
    return _read(kind, data, _same, strict=False)


def camel(name: str) -> str:
    """`budget_cents` as the relay writes it."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def to_camel(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is sent: names in camelCase, without members that are None; times in RFC 3339."""
    return {camel(name): _sent(value) for name, value in values.items() if value is not None}


def _sent(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return to_camel({field.name: getattr(value, field.name) for field in dataclasses.fields(value)})
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return to_camel(value)
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value


_camel, _same = camel, str


def _read(kind: type[T], data: object, naming: Callable[[str], str], *, strict: bool) -> T:
    if not isinstance(data, Mapping):
        raise Unreadable
    given: dict[str, Any] = {}
    hashable: Any = kind
    for name, convert in _members(hashable, naming, strict):
        if name == "raw":
            given[name] = data
        elif (wire := naming(name)) in data:
            try:
                given[name] = convert(data[wire])
            except Unreadable:
                if strict:
                    raise
    try:
        return kind(**given)
    except TypeError:
        raise Unreadable from None


@cache
def _members(kind: type, naming: Callable[[str], str], strict: bool) -> tuple[tuple[str, Convert], ...]:
    hints = get_type_hints(kind)
    names = [field.name for field in dataclasses.fields(kind) if field.init]
    return tuple((name, _converter(hints[name], naming, strict)) for name in names)


def _converter(hint: Any, naming: Callable[[str], str], strict: bool) -> Convert:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        inner = _converter(next(one for one in arguments if one is not type(None)), naming, strict)
        return lambda value: None if value is None else inner(value)
    if origin is Sequence:
        member = _converter(arguments[0], naming, strict)
        return lambda value: tuple(member(one) for one in _checked(value, list))
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return lambda value: _read(hint, value, naming, strict=strict)
    return _CONVERTERS.get(str if origin is Literal else hint, lambda value: value)


def _checked(value: Any, *kinds: type) -> Any:
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise Unreadable
    return value


def _time(value: Any) -> datetime:
    try:
        at = datetime.fromisoformat(_checked(value, str))
    except ValueError:
        raise Unreadable from None
    if at.tzinfo is None:
        raise Unreadable
    return at


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(_checked(value, str))
    except ValueError:
        raise Unreadable from None


_CONVERTERS: dict[Any, Convert] = {
    str: lambda value: _checked(value, str),
    int: lambda value: _checked(value, int),
    float: lambda value: float(_checked(value, int, float)),
    bool: lambda value: _checked(value, bool),
    datetime: _time,
    date: _day,
}
