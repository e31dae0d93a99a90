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
    from collections.abc import Mapping

    from proxy.body import Step
    from relay.providers.facts import BodyRules, Constraint, Media, Provider


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
    _check_case(_ruled(provider_id, rules_name), members)
    _walk(_tree(provider_id, rules_name), members, reading)
    return reading


def check_model(provider_id: str, rules_name: str, model: str) -> None:
    """Hold a model that stands in the path to what the rules say of one in the body. Raises PathNotAllowed."""
    for constraint in _rules(provider_id, rules_name).constraints:
        if constraint.at == "model" and constraint.allowed and _breaks(constraint, model, "none"):
            raise _refusal(constraint.at, constraint.why)


@dataclass(slots=True)
class _Node:
    """What the rules say about one value, and about its members."""

    aliases: str
    constraints: list[Constraint] = field(default_factory=list)
    media: list[Media] = field(default_factory=list)
    members: dict[str, _Member] = field(default_factory=dict)
    required: tuple[_Required, ...] = ()
    says_something: bool = False


@dataclass(frozen=True, slots=True)
class _Required:
    """A member that an object must have, by its names, and the constraint that says so."""

    names: tuple[str, ...]
    constraint: Constraint


@dataclass(slots=True)
class _Member:
    """A member under one of its names: the other one, and what the rules say of its value and of that value's items."""

    twin: str | None
    whole: _Node
    each: _Node


@cache
def _tree(provider_id: str, rules_name: str) -> _Node:
    aliases = _provider(provider_id).aliases
    rules = _rules(provider_id, rules_name)
    root = _Node(aliases)
    for constraint in rules.constraints:
        path = steps(constraint.at, aliases)
        _place(root, path).constraints.append(constraint)
        if constraint.required:
            _place(root, path[:-1]).required += (_Required(path[-1][0], constraint),)
    for media in rules.media:
        _place(root, steps(media.at, aliases)).media.append(media)
    return root


@cache
def _ruled(provider_id: str, rules_name: str) -> tuple[frozenset[str], frozenset[str]]:
    """The names at the top of a body that the relay reads, and the same without their case."""
    provider, rules = _provider(provider_id), _rules(provider_id, rules_name)
    paths = ["model", "stream", "stream_options", *(rule.at for rule in rules.constraints), *(media.at for media in rules.media)]
    if rules.output_limit is not None:
        limit = rules.output_limit
        paths += [*limit.fields, *limit.also, limit.inject, limit.floor_field or limit.inject]
    if rules.choices_field is not None:
        paths.append(rules.choices_field)
    names = frozenset(name for path in paths for name in steps(path, provider.aliases)[0][0])
    return names, frozenset(name.casefold() for name in names)


def _provider(provider_id: str) -> Provider:
    provider = registry.provider(provider_id)
    if provider is None:
        raise KeyError(provider_id)
    return provider


def _rules(provider_id: str, rules_name: str) -> BodyRules:
    return _provider(provider_id).rules[rules_name]


def _check_case(ruled: tuple[frozenset[str], frozenset[str]], members: dict[str, Any]) -> None:
    """Refuse what only the case of its letters sets apart from a name that the relay reads: some providers' parsers (Go's
    encoding/json, by its documentation) take the one for the other."""
    names, folded = ruled
    for name in members:
        if name not in names and name.casefold() in folded:
            raise _refusal(name, "differs from a member the relay checks only by the case of its letters")


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
            raise _refusal(constraint.at, constraint.why)
    if not isinstance(value, dict):
        return
    if node.required:
        _check_required(node, value)
    for media in node.media:
        if _is(media.when, value, node.aliases):
            reading.images += media.kind == "image"
            reading.documents += media.kind == "document"
            reading.characters += _characters(value)
    known = node.members
    if known:
        for name in value if len(value) < len(known) else known:
            if name in known and name in value:
                _walk_member(known[name], name, value, reading)


def _check_required(node: _Node, value: dict[str, Any]) -> None:
    for required in node.required:
        if _lacks(required, value, node.aliases):
            raise _missing(required.constraint)


def _walk_member(member: _Member, name: str, value: dict[str, Any], reading: Reading) -> None:
    if member.twin is not None and member.twin in value:
        raise both_spellings(name, member.twin)
    inner = value[name]
    if member.whole.says_something:
        _walk(member.whole, inner, reading)
    if member.each.says_something:
        for item in inner if isinstance(inner, list) else (inner,):
            _walk(member.each, item, reading)


def _refusal(member: str, why: str) -> PathNotAllowed:
    return PathNotAllowed(f"`{member}` is not passed on: this {why}.", details={"member": member})


def _missing(constraint: Constraint) -> PathNotAllowed:
    message = f"`{constraint.at}` is needed: what has none can't be told from what {constraint.why}."
    return PathNotAllowed(message, details={"member": constraint.at})


def _lacks(required: _Required, value: dict[str, Any], aliases: str) -> bool:
    """Whether the member is missing where it must not be."""
    for name in required.names:
        if value.get(name) is not None:
            return False
    constraint = required.constraint
    if constraint.unless is not None and isinstance(value.get(constraint.unless), str):
        return False
    return constraint.when is None or _is(constraint.when, value, aliases)


def _breaks(constraint: Constraint, value: Any, aliases: str) -> bool:
    if value is None:
        return False
    if constraint.refused:
        return value not in (False, "", [], {})
    if constraint.members:
        known = {spelling for name in constraint.members for spelling in spellings(name, aliases)}
        return not isinstance(value, dict) or not set(value) <= known
    return not isinstance(value, str) or not any(_pattern(shape).fullmatch(value) for shape in constraint.allowed)


def _is(kind: Mapping[str, str], part: dict[str, Any], aliases: str) -> bool:
    """Whether what stands at each path has the shape it says."""
    for at, shape in kind.items():
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
