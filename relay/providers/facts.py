"""The shape of spec/providers.json, as frozen dataclasses; `reading` fills them.

Source: spec/providers.schema.json says the same for other languages; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


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
class KeyGuide:
    """How a person gets a key that is fit for apps: sentences to show, in order."""

    steps: tuple[str, ...]
    permissions: str | None
    spend_limit: str | None
    looks_like: str | None


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """What an answer to a key check means: its status and, if needed, a pattern found in the body in any letter case."""

    status: int
    matches: str | None
    outcome: str


@dataclass(frozen=True, slots=True)
class CheckTrial:
    """The smallest generation: it shows whether a key may generate and has credit, which the check can't.

    Made with the first of `models` that the provider lists; `{model}` stands for it in path and body.
    """

    models: tuple[str, ...]
    path: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ModelList:
    """Where the provider lists its models: the free call, the member that holds the list (the answer itself, if None),
    the member of an item that names the model, and what stands before the name there. `query` asks for all of them at
    once, where lists come in pages."""

    path: str
    items_at: str | None
    id_at: str
    id_prefix: str
    query: str = ""


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
    """Where a body says how much may be written; `inject` is the member to set, `floor_field` what must fit in it.

    `also` are members that the provider may heed or not: they are lowered where they are given, and never relied on.
    """

    fields: tuple[str, ...]
    inject: str
    floor_field: str | None
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Media:
    """Where a body holds something that is not text: parts whose members fit `when` are a `kind`."""

    at: str
    when: Mapping[str, str]
    kind: str


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a body may not hold at a member path: anything, a value that fits no pattern, or another member.

    `required`: nor may an object lack the member, where it is of the kind that `when` says, unless it has text at `unless`.
    """

    at: str
    why: str
    refused: bool = False
    allowed: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    required: bool = False
    when: Mapping[str, str] | None = None
    unless: str | None = None


@dataclass(frozen=True, slots=True)
class BodyRules:
    """Everything the relay has to know about one kind of request body."""

    output_limit: OutputLimit | None
    choices_field: str | None
    media: tuple[Media, ...]
    constraints: tuple[Constraint, ...]


@dataclass(frozen=True, slots=True)
class Bounds:
    """Upper bounds in tokens where bytes or the model's own facts don't give one; speed is for estimates only.

    `beyond_limit_tokens` may be written, and are charged, on top of the output limit (reasoning, at some providers).
    `price_headroom_percent` is how much dearer than the price we know a call may turn out, where the provider picks who
    serves it.
    """

    image_tokens: int
    document_tokens: int
    overhead_tokens: int
    output_tokens: int
    beyond_limit_tokens: int
    price_headroom_percent: int
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
    key_guide: KeyGuide
    models: ModelList
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
    check_answers: tuple[CheckAnswer, ...] = ()
    check_trial: CheckTrial | None = None

    @property
    def unconfirmed(self) -> tuple[str, ...]:
        """The facts that no word of the vendor's own confirms, by their names in the file."""
        return tuple(fact for source in self.sources if not source.confirmed for fact in source.facts)

    @property
    def is_confirmed(self) -> bool:
        """Whether the facts are confirmed that decide where calls go and what passes; people who choose are told if not."""
        return not DECISIVE_FACTS.intersection(self.unconfirmed)


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
    that only the last ones have; and `finished_at` is a member of each item of a list, null until the last of them (an
    empty list is finished). `tier_at` are dotted paths to the tier of service that was given.
    """

    usage_at: tuple[str, ...]
    interim_at: tuple[str, ...]
    last_marker: str | None
    finished_at: str | None
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
DECISIVE_FACTS: Final = frozenset({"baseUrl", "auth", "dialect", "chatPath", "check", "calls", "rules"})
