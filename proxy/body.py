"""Numbers in a request body by its rules (spec/providers.json): how much may be written, how many answers, and member paths.

Pure functions over parsed JSON; nothing here knows a provider's name. What a body may not hold is in proxy/body_tree.py.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from relay.core.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relay.providers.facts import BodyRules, Provider

MAX_CHOICES = 128
MAX_COUNT = 1_000_000_000
_UPPER = re.compile(r"[A-Z]")

Step = tuple[tuple[str, ...], bool]
"""One step of a member path: the spellings of the name, and whether its items are visited."""


def output_limit(provider: Provider, rules: BodyRules, members: dict[str, Any]) -> int | None:
    """How many tokens the body lets the model write, if it says; the largest where it says so twice. What the provider may
    not heed counts beside another only."""
    limit = rules.output_limit
    if limit is None:
        return None
    largest = _largest(provider, members, limit.fields)
    if not limit.also:
        return largest
    unsure = _largest(provider, members, limit.also)
    return None if largest is None else max(largest, unsure or 0)


def _largest(provider: Provider, members: dict[str, Any], names: tuple[str, ...]) -> int | None:
    largest = None
    for name in names:
        count = _count(provider, members, name)
        if count is not None and (largest is None or count > largest):
            largest = count
    return largest


def output_floor(provider: Provider, rules: BodyRules, members: dict[str, Any]) -> int:
    """How many tokens the output limit must leave room for (a thinking budget)."""
    limit = rules.output_limit
    field = limit.floor_field if limit else None
    return (_count(provider, members, field) or 0) if field else 0


def choices(provider: Provider, rules: BodyRules, members: dict[str, Any]) -> int:
    """How many answers the body asks for at once."""
    asked = _count(provider, members, rules.choices_field) if rules.choices_field else None
    if asked is not None and asked > MAX_CHOICES:
        raise InvalidRequest(fields={str(rules.choices_field): [f"At most {MAX_CHOICES}."]})
    return asked or 1


def visit(value: Any, path: tuple[Step, ...]) -> Iterator[Any]:
    """Every value at the path. Where a list is expected, one object stands for a list of one, as some providers take it.

    Raises InvalidRequest where a member is there in both of its spellings, so that it can't be told which one counts.
    """
    if not path:
        yield value
        return
    (names, many), rest = path[0], path[1:]
    if not isinstance(value, dict):
        return
    present = [name for name in names if name in value]
    if len(present) > 1:
        raise both_spellings(*present)
    for name in present:
        inner = value[name]
        for item in inner if many and isinstance(inner, list) else (inner,):
            yield from visit(item, rest)


def both_spellings(one: str, other: str) -> InvalidRequest:
    """The refusal of a member that is there twice."""
    return InvalidRequest(fields={one: [f"Also given as {other}; send one of the two."]})


@lru_cache(maxsize=512)
def steps(at: str, aliases: str) -> tuple[Step, ...]:
    """A member path of providers.json, taken apart; both spellings of each name where the provider takes both."""
    return tuple((spellings(part.removesuffix("[]"), aliases), part.endswith("[]")) for part in at.split("."))


def spellings(name: str, aliases: str) -> tuple[str, ...]:
    """The names a member may stand under."""
    snake = _UPPER.sub(lambda letter: f"_{letter[0].lower()}", name)
    return (name,) if aliases == "none" or snake == name else (name, snake)


def _count(provider: Provider, members: dict[str, Any], at: str) -> int | None:
    if provider.aliases == "none" and at not in members and "." not in at:
        return None
    for value in visit(members, steps(at, provider.aliases)):
        if value is None:
            continue
        if type(value) is not int or value < 1:
            raise InvalidRequest(fields={at: ["A positive whole number is needed."]})
        if value > MAX_COUNT:
            raise InvalidRequest(fields={at: [f"At most {MAX_COUNT}."]})
        return value
    return None
