"""Reading a request body by its rules (spec/providers.json): what it may not hold, how much it may write, what in it is not text.

Pure functions over parsed JSON; nothing here knows a provider's name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from relay.core.errors import InvalidRequest, PathNotAllowed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relay.providers.facts import BodyRules, Constraint, Media, Provider

MAX_CHOICES = 128
MAX_COUNT = 1_000_000_000
_UPPER = re.compile(r"[A-Z]")

Step = tuple[tuple[str, ...], bool]
"""One step of a member path: the spellings of the name, and whether its items are visited."""


@dataclass(frozen=True, slots=True)
class MediaCount:
    """Parts that are not text, and how many of the body's bytes they take."""

    images: int
    documents: int
    text_bytes: int


def check_constraints(provider: Provider, rules: BodyRules, members: dict[str, Any]) -> None:
    """Raise PathNotAllowed, naming the member, for anything the rules refuse."""
    for constraint in rules.constraints:
        path = steps(constraint.at, provider.aliases)
        if not _begins(path, members):
            continue
        for value in visit(members, path):
            if _breaks(constraint, value, provider.aliases):
                message = f"`{constraint.at}` is not passed on: this {constraint.why}."
                raise PathNotAllowed(message, details={"member": constraint.at})


def output_limit(provider: Provider, rules: BodyRules, members: dict[str, Any]) -> int | None:
    """How many tokens the body lets the model write, if it says; the largest where it says so twice."""
    limit = rules.output_limit
    given = [_count(provider, members, field) for field in limit.fields] if limit else []
    return max((count for count in given if count is not None), default=None)


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


def count_media(provider: Provider, rules: BodyRules, members: dict[str, Any], body_bytes: int) -> MediaCount:
    """Count images and documents, and the bytes of the body that are neither."""
    found = {"image": 0, "document": 0}
    for media in rules.media:
        path = steps(media.at, provider.aliases)
        for part in visit(members, path) if _begins(path, members) else ():
            if isinstance(part, dict) and _fits(media, part, provider.aliases):
                found[media.kind] += 1
                body_bytes -= _characters(part)
    return MediaCount(found["image"], found["document"], body_bytes)


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
        raise InvalidRequest(fields={present[0]: [f"Also given as {present[1]}; send one of the two."]})
    for name in present:
        inner = value[name]
        for item in inner if many and isinstance(inner, list) else (inner,):
            yield from visit(item, rest)


@lru_cache(maxsize=512)
def steps(at: str, aliases: str) -> tuple[Step, ...]:
    """A member path of providers.json, taken apart; both spellings of each name where the provider takes both."""
    return tuple((_spellings(part.removesuffix("[]"), aliases), part.endswith("[]")) for part in at.split("."))


def _spellings(name: str, aliases: str) -> tuple[str, ...]:
    snake = _UPPER.sub(lambda letter: f"_{letter[0].lower()}", name)
    return (name,) if aliases == "none" or snake == name else (name, snake)


def _begins(path: tuple[Step, ...], members: dict[str, Any]) -> bool:
    """Whether the body has the path's first member at all: most have not, and need no visit."""
    return any(name in members for name in path[0][0])


def _breaks(constraint: Constraint, value: Any, aliases: str) -> bool:
    if value is None:
        return False
    if constraint.refused:
        return value not in (False, "", [], {})
    if constraint.members:
        known = {spelling for name in constraint.members for spelling in _spellings(name, aliases)}
        return not isinstance(value, dict) or not set(value) <= known
    return not isinstance(value, str) or not any(_pattern(shape).fullmatch(value) for shape in constraint.allowed)


def _fits(media: Media, part: dict[str, Any], aliases: str) -> bool:
    for at, shape in media.when.items():
        value = next(visit(part, steps(at, aliases)), None)
        if not isinstance(value, str) or not _pattern(shape).fullmatch(value):
            return False
    return True


def _count(provider: Provider, members: dict[str, Any], at: str) -> int | None:
    for value in visit(members, steps(at, provider.aliases)):
        if value is None:
            continue
        if type(value) is not int or value < 1:
            raise InvalidRequest(fields={at: ["A positive whole number is needed."]})
        if value > MAX_COUNT:
            raise InvalidRequest(fields={at: [f"At most {MAX_COUNT}."]})
        return value
    return None


def _characters(part: Any) -> int:
    if isinstance(part, str):
        return len(part)
    values = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return sum(_characters(value) for value in values)


@lru_cache(maxsize=512)
def _pattern(shape: str) -> re.Pattern[str]:
    return re.compile(shape, re.DOTALL)
