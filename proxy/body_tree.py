"""What a request body may not hold, and what in it is not text, by the rules of spec/providers.json.

A provider's rules are grown into a tree of the members they speak of, once, so that a body is walked through in one go, and
only where the rules say something.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from proxy.body import both_spellings, spellings, steps, visit
from relay.core.errors import PathNotAllowed
from relay.providers import registry

if TYPE_CHECKING:
    from proxy.body import Step
    from relay.providers.facts import Constraint, Media


@dataclass(slots=True)
class Reading:
    """Parts that are not text, and how many characters of the body they take."""

    images: int = 0
    documents: int = 0
    characters: int = 0


def read(provider_id: str, rules_name: str, members: dict[str, Any]) -> Reading:
    """Walk through a body. Raises PathNotAllowed, naming the member, for anything the rules refuse, and InvalidRequest
    where a member is there in both of its spellings, so that it can't be told which one counts."""
    reading = Reading()
    _walk(_tree(provider_id, rules_name), members, reading)
    return reading


@dataclass(slots=True)
class _Node:
    """What the rules say about one value, and about its members."""

    aliases: str
    constraints: list[Constraint] = field(default_factory=list)
    media: list[Media] = field(default_factory=list)
    members: dict[str, _Member] = field(default_factory=dict)
    says_something: bool = False


@dataclass(slots=True)
class _Member:
    """A member under one of its names: the other one, and what the rules say of its value and of that value's items."""

    twin: str | None
    whole: _Node
    each: _Node


@cache
def _tree(provider_id: str, rules_name: str) -> _Node:
    provider = registry.provider(provider_id)
    if provider is None:
        raise KeyError(provider_id)
    rules = provider.rules[rules_name]
    root = _Node(provider.aliases)
    for constraint in rules.constraints:
        node = _place(root, steps(constraint.at, provider.aliases))
        node.constraints.append(constraint)
    for media in rules.media:
        _place(root, steps(media.at, provider.aliases)).media.append(media)
    return root


def _place(node: _Node, path: tuple[Step, ...]) -> _Node:
    for names, many in path:
        if names[0] not in node.members:
            whole, each = _Node(node.aliases), _Node(node.aliases)
            for name in names:
                twin = next((other for other in names if other != name), None)
                node.members[name] = _Member(twin, whole, each)
        member = node.members[names[0]]
        node = member.each if many else member.whole
        node.says_something = True
    return node


def _walk(node: _Node, value: Any, reading: Reading) -> None:
    for constraint in node.constraints:
        if _breaks(constraint, value, node.aliases):
            message = f"`{constraint.at}` is not passed on: this {constraint.why}."
            raise PathNotAllowed(message, details={"member": constraint.at})
    if not isinstance(value, dict):
        return
    for media in node.media:
        if _fits(media, value, node.aliases):
            reading.images += media.kind == "image"
            reading.documents += media.kind == "document"
            reading.characters += _characters(value)
    known = node.members
    if known:
        for name in value if len(value) < len(known) else known:
            if name in known and name in value:
                _walk_member(known[name], name, value, reading)


def _walk_member(member: _Member, name: str, value: dict[str, Any], reading: Reading) -> None:
    if member.twin is not None and member.twin in value:
        raise both_spellings(name, member.twin)
    inner = value[name]
    if member.whole.says_something:
        _walk(member.whole, inner, reading)
    if member.each.says_something:
        for item in inner if isinstance(inner, list) else (inner,):
            _walk(member.each, item, reading)


def _breaks(constraint: Constraint, value: Any, aliases: str) -> bool:
    if value is None:
        return False
    if constraint.refused:
        return value not in (False, "", [], {})
    if constraint.members:
        known = {spelling for name in constraint.members for spelling in spellings(name, aliases)}
        return not isinstance(value, dict) or not set(value) <= known
    return not isinstance(value, str) or not any(_pattern(shape).fullmatch(value) for shape in constraint.allowed)


def _fits(media: Media, part: dict[str, Any], aliases: str) -> bool:
    for at, shape in media.when.items():
        value = next(visit(part, steps(at, aliases)), None)
        if not isinstance(value, str) or not _pattern(shape).fullmatch(value):
            return False
    return True


def _characters(part: Any) -> int:
    if isinstance(part, str):
        return len(part)
    values = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return sum(_characters(value) for value in values)


@lru_cache(maxsize=512)
def _pattern(shape: str) -> re.Pattern[str]:
    return re.compile(shape, re.DOTALL)
