"""The shape of spec/providers.json: frozen dataclasses, and the strict reading that fills them.

Source: spec/providers.schema.json says the same for other languages; a test holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

_T = TypeVar("_T")
_CAMEL = re.compile(r"_([a-z])")
_MEMBER_PATH = re.compile(r"[A-Za-z_]+(\[\])?(\.[A-Za-z_]+(\[\])?)*")


@dataclass(frozen=True, slots=True)
class Auth:
    """Where the provider key goes: a header, and the scheme word before the key, if any."""

    header: str
    scheme: str | None


@dataclass(frozen=True, slots=True)
class RefusedShape:
    """A shape of credential that is not for apps (admin keys, login tokens), and what to say to its owner."""

    shape: str
    why: str


@dataclass(frozen=True, slots=True)
class Check:
    """The cheapest call that tells whether a key works."""

    method: str
    path: str


@dataclass(frozen=True, slots=True)
class AllowedCall:
    """One (method, path template) the relay passes, and how it is metered and bounded."""

    method: str
    path: str
    meter: str
    model: str
    stream: str
    query: Mapping[str, str]
    required_query: tuple[str, ...]
    rules: str | None
    include_usage: bool

    @property
    def is_free(self) -> bool:
        """Whether the provider charges nothing for it."""
        return self.meter == "free"


@dataclass(frozen=True, slots=True)
class OutputLimit:
    """Where a body says how much may be written; `inject` is the member to set, `floor_field` what must fit in it."""

    fields: tuple[str, ...]
    inject: str
    floor_field: str | None


@dataclass(frozen=True, slots=True)
class Media:
    """Where a body holds something that is not text: parts whose members fit `when` are a `kind`."""

    at: str
    when: Mapping[str, str]
    kind: str


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a body may not hold at a member path: anything, a value that fits no pattern, or another member."""

    at: str
    why: str
    refused: bool = False
    allowed: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BodyRules:
    """Everything the relay has to know about one kind of request body."""

    output_limit: OutputLimit | None
    choices_field: str | None
    media: tuple[Media, ...]
    constraints: tuple[Constraint, ...]


@dataclass(frozen=True, slots=True)
class Bounds:
    """Upper bounds in tokens where bytes or the model's own facts don't give one; speed is for estimates only."""

    image_tokens: int
    document_tokens: int
    overhead_tokens: int
    output_tokens: int
    output_tokens_per_second: int
    cache_write_marker: str | None


@dataclass(frozen=True, slots=True)
class FixedHeader:
    """A header the relay itself sends where it speaks for the caller (not on passthrough)."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class KeyTrouble:
    """An answer that means the provider key itself is in trouble: its status and, if needed, what the body contains."""

    status: int
    contains: str | None
    code: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where some of a provider's facts come from, and the day they were read there.

    Unconfirmed: not the vendor's own word, or too old to be sure of. People who choose a provider are told.
    """

    facts: tuple[str, ...]
    source: str
    checked_on: str
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Provider:
    """All facts about one provider."""

    id: str
    name: str
    dialect: str
    chat_path: str | None
    base_url: str | None
    sdk_base_path: str
    auth: Auth
    key_page: str | None
    key_pages: tuple[str, ...]
    key_shapes: tuple[str, ...]
    refused_key_shapes: tuple[RefusedShape, ...]
    check: Check
    calls: tuple[AllowedCall, ...]
    rules: Mapping[str, BodyRules]
    bounds: Bounds
    aliases: str
    request_headers: tuple[str, ...]
    response_headers: tuple[str, ...]
    stream_comment: bool
    error_members: Mapping[str, Any]
    key_troubles: tuple[KeyTrouble, ...]
    sources: tuple[Source, ...]
    fixed_headers: tuple[FixedHeader, ...] = ()


@dataclass(frozen=True, slots=True)
class Cost:
    """Where within the usage object the provider says what it charges, and in what fraction of a dollar.

    What stands at `extra_at` is charged on top where `extra_when` is true.
    """

    at: str
    units_per_dollar: int
    extra_at: str | None
    extra_when: str | None


@dataclass(frozen=True, slots=True)
class Meter:
    """Where usage stands in an answer: dotted paths to the usage object, and members within it (several are summed).

    What stands at `interim_at` is not the last word. Where every event of a stream bears usage, `last_marker` are bytes
    that only the last ones have. `tier_at` are dotted paths to the tier of service that was given.
    """

    usage_at: tuple[str, ...]
    interim_at: tuple[str, ...]
    last_marker: str | None
    input: tuple[str, ...]
    output: tuple[str, ...]
    cached: str | None
    cache_write: str | None
    long_cache_write: str | None
    input_includes_cache: bool
    cost: Cost | None
    tier_at: tuple[str, ...]
    source: str
    checked_on: str
    confirmed: bool = True


FREE: Final = "free"


def read_facts(document: Mapping[str, Any]) -> tuple[dict[str, Meter], dict[str, Provider]]:
    """Meters and providers by name. Raises ValueError, naming the place, for anything not understood."""
    if set(document) != {"$schema", "meters", "providers"}:
        raise ValueError("providers.json: the members are $schema, meters and providers")
    meters = {name: _read(Meter, value, f"meters.{name}") for name, value in document["meters"].items()}
    providers: dict[str, Provider] = {}
    for value in document["providers"]:
        provider = _read(Provider, value, f"providers.{value.get('id')}")
        _check_references(provider, meters)
        if provider.id in providers:
            raise ValueError(f"providers.json: {provider.id} stands there twice")
        providers[provider.id] = provider
    return meters, providers


def _check_references(provider: Provider, meters: Mapping[str, Meter]) -> None:
    where = f"providers.{provider.id}"
    for call in provider.calls:
        if call.meter != FREE and call.meter not in meters:
            raise ValueError(f"{where}: no meter {call.meter}")
        if call.rules is not None and call.rules not in provider.rules:
            raise ValueError(f"{where}: no rules {call.rules}")
        if call.method == "POST" and call.rules is None:
            raise ValueError(f"{where}: {call.path} takes a body and has no rules for it")
    patterns = [*provider.key_shapes, *(refused.shape for refused in provider.refused_key_shapes)]
    for rules in provider.rules.values():
        for constraint in rules.constraints:
            patterns += constraint.allowed
            if not _MEMBER_PATH.fullmatch(constraint.at):
                raise ValueError(f"{where}: {constraint.at} is no member path")
            if bool(constraint.refused) + bool(constraint.allowed) + bool(constraint.members) != 1:
                raise ValueError(f"{where}: {constraint.at} needs one of refused, allowed, members")
    for pattern in patterns:
        re.compile(pattern)


def _read(shape: type[_T], value: object, where: str) -> _T:
    """Fill a dataclass from an object with exactly its members, camelCase, each of the declared type."""
    if not isinstance(value, dict):
        raise ValueError(f"{where}: an object is needed")  # noqa: TRY004 - one error for a file we can't read
    hints = get_type_hints(shape)
    optional = {field.name for field in fields(shape) if field.default is not MISSING}  # type: ignore[arg-type]
    names = {_CAMEL.sub(lambda match: match[1].upper(), name): name for name in hints}
    unknown = set(value) - set(names)
    absent = {camel for camel, name in names.items() if camel not in value and name not in optional}
    if unknown or absent:
        raise ValueError(f"{where}: unknown {sorted(unknown)}, missing {sorted(absent)}")
    return shape(**{names[camel]: _convert(hints[names[camel]], raw, f"{where}.{camel}") for camel, raw in value.items()})


def _convert(hint: Any, raw: Any, where: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if type(None) in arguments:
        return None if raw is None else _convert(arguments[0], raw, where)
    if origin is tuple:
        if not isinstance(raw, list):
            raise ValueError(f"{where}: a list is needed")
        return tuple(_convert(arguments[0], item, f"{where}[{number}]") for number, item in enumerate(raw))
    if origin is Mapping:
        if not isinstance(raw, dict):
            raise ValueError(f"{where}: an object is needed")
        return {name: _convert(arguments[1], item, f"{where}.{name}") for name, item in raw.items()}
    if hint is Any:
        return raw
    if hint in (str, int, bool):
        if type(raw) is not hint:
            raise ValueError(f"{where}: {hint.__name__} is needed")
        return raw
    return _read(hint, raw, where)
