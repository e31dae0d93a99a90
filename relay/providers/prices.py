"""What models cost: one façade over the genai-prices package (offline, dated) and the overrides files.

All amounts are whole nano-dollars per million tokens, rounded up where a vendor's price is finer than that. Rates are
kept per provider, model and day; the version they name is stored with every ledger entry, so that a past cost can be
worked out again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from functools import cache, lru_cache
from importlib.metadata import version as package_version

from django.conf import settings
from genai_prices import types as vendor
from genai_prices.data_snapshot import find_provider_by_id, get_snapshot

from relay.providers import price_overrides
from relay.providers.price_overrides import OverriddenPrice

_NANOS = Decimal(1_000_000_000)
_PER_REQUEST_NANOS = Decimal(1_000_000)  # dollars per thousand requests → nano-dollars per request
_MILLION = 1_000_000


@dataclass(slots=True)
class TokenUsage:
    """Tokens of one call. `input_tokens` includes what was read from and written to a cache,
    `cache_write_tokens` includes what was written for an hour."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Tier:
    """Nano-dollars per million tokens by kind, for calls with more than `above_input_tokens` input tokens.

    The last three are the most one token can cost: read, read while the call also writes to the provider's cache, and
    written (audio, images, reasoning, where they are dearer than text).
    """

    above_input_tokens: int
    input: int
    output: int
    cache_read: int
    cache_write: int
    cache_write_1h: int
    dearest_input: int
    dearest_cached_input: int
    dearest_output: int


@dataclass(frozen=True, slots=True)
class Rates:
    """A model's prices at one moment: `input` … `cache_write` are those of a short call, `tiers` has all of them.

    Tiers stand lowest threshold first. `request` is what each call costs on top, in nano-dollars; `max_output_tokens`
    the most the model writes, where that is known. `by_service` has the prices of other tiers of service, by name.
    """

    input: int
    output: int
    cache_read: int
    cache_write: int
    request: int
    max_output_tokens: int | None
    version: str
    tiers: tuple[Tier, ...]
    by_service: tuple[tuple[str, Rates], ...] = ()

    def served(self, service_tier: str | None) -> Rates:
        """The prices of the tier of service that was given; these, where it has none of its own."""
        return next((rates for name, rates in self.by_service if name == service_tier), self)

    def reachable(self, input_tokens: int) -> tuple[Tier, ...]:
        """The tiers a call with at most that many input tokens can end in; the last one is that of exactly so many."""
        if len(self.tiers) == 1:
            return self.tiers
        return (self.tiers[0], *(tier for tier in self.tiers[1:] if input_tokens > tier.above_input_tokens))


def rates(provider: str, model: str, at: datetime) -> Rates | None:
    """The model's prices at that moment, by its exact, dated or aliased id; None (never zero) if none is known."""
    at, model = at.astimezone(UTC), model.removeprefix("models/")
    if _changes_within_a_day(provider, model):
        return _rates_at(provider, model, at.replace(second=0, microsecond=0))
    return _rates_on(provider, model, at.date())


def dearest_rates(provider: str, at: datetime) -> Rates | None:
    """The dearest prices of any model of the provider: what an allowed, unpriced model is booked at.

    Source: architecture.md, "Settled".
    """
    return _dearest_on(provider, at.astimezone(UTC).date())


def cost_nanos(rates: Rates, usage: TokenUsage) -> int:
    """What the call costs, in nano-dollars, rounded up once."""
    tier = rates.reachable(usage.input_tokens)[-1]
    written_5m = max(0, usage.cache_write_tokens - usage.cache_write_1h_tokens)
    plain = max(0, usage.input_tokens - usage.cached_input_tokens - usage.cache_write_tokens)
    total = (
        plain * tier.input
        + usage.cached_input_tokens * tier.cache_read
        + written_5m * tier.cache_write
        + usage.cache_write_1h_tokens * tier.cache_write_1h
        + usage.output_tokens * tier.output
    )
    return rates.request + -(-total // _MILLION)


def worst_nanos(rates: Rates, input_tokens: int, output_tokens: int, *, writes_cache: bool = False) -> int:
    """The most a call with at most that many tokens can cost: each at its dearest kind, in any tier in reach."""
    dearest = 0
    for tier in rates.reachable(input_tokens):
        per_input = tier.dearest_cached_input if writes_cache else tier.dearest_input
        dearest = max(dearest, input_tokens * per_input + output_tokens * tier.dearest_output)
    return rates.request + -(-dearest // _MILLION)


def clear_caches() -> None:
    """Read the overrides files and prices anew at the next question."""
    for cached in (_overrides, _rates_on, _rates_at, _dearest_on, _changes_within_a_day):
        cached.cache_clear()


@cache
def _overrides() -> price_overrides.Overrides:
    paths = [price_overrides.SPEC_FILE]
    operators = settings.RELAY_PRICE_OVERRIDES
    if operators.resolve() != price_overrides.SPEC_FILE:
        paths.append(operators)
    return price_overrides.load(tuple(paths))


@cache
def _package() -> str:
    return f"genai-prices@{package_version('genai-prices')}"


def _vendor_model(provider: str, model: str) -> vendor.ModelInfo | None:
    try:
        return get_snapshot().find_provider_model(model, None, provider, None)[1]
    except LookupError:
        return None


@lru_cache(maxsize=4096)
def _changes_within_a_day(provider: str, model: str) -> bool:
    known = _vendor_model(provider, model)
    if known is None or isinstance(known.prices, vendor.ModelPrice):
        return False
    return any(isinstance(entry.constraint, vendor.TimeOfDateConstraint) for entry in known.prices)


@lru_cache(maxsize=4096)
def _rates_on(provider: str, model: str, on: date) -> Rates | None:
    return _rates_at(provider, model, datetime.combine(on, time(), UTC))


@lru_cache(maxsize=4096)
def _rates_at(provider: str, model: str, at: datetime) -> Rates | None:
    overridden = _overrides().price(provider, model, at.date())
    if overridden is not None:
        return _from_override(overridden)
    known = _vendor_model(provider, model)
    if known is None:
        return None
    limit = _overrides().max_output_tokens(provider, model)
    standard = _from_vendor(known.get_prices(at), limit)
    if standard is None:
        return None
    services = {variant.when.get("service_tier") for variant in known.price_variants or ()}
    priced = ((name, _from_vendor(known.get_prices(at, {"service_tier": name}), limit)) for name in sorted(filter(None, services)))
    return replace(standard, by_service=tuple((name, rates) for name, rates in priced if rates is not None and rates != standard))


@lru_cache(maxsize=64)
def _dearest_on(provider: str, on: date) -> Rates | None:
    known = find_provider_by_id(get_snapshot().providers, provider)
    at = datetime.combine(on, time(), UTC)
    candidates = [
        _from_vendor(model.get_prices(moment), None)
        for model in (known.models if known else ())
        for moment in (at, at + timedelta(hours=12))
    ]
    candidates += [_from_override(entry) for entry in _overrides().prices if entry.provider == provider]
    priced = [candidate for candidate in candidates if candidate is not None]
    if not priced:
        return None
    every = [tier for candidate in priced for tier in candidate.tiers]
    reading = max(tier.dearest_cached_input for tier in every)
    writing = max(tier.dearest_output for tier in every)
    tier = Tier(0, reading, writing, reading, reading, reading, reading, reading, writing)
    return _rates((tier,), max(candidate.request for candidate in priced), None, f"{_package()}+dearest")


def _from_override(entry: OverriddenPrice) -> Rates:
    cache_read = entry.input if entry.cache_read is None else entry.cache_read
    cache_write = entry.input if entry.cache_write is None else entry.cache_write
    cache_write_1h = cache_write if entry.cache_write_1h is None else entry.cache_write_1h
    amounts = (entry.input, entry.output, cache_read, cache_write, cache_write_1h)
    reading, output, cached, writing, writing_1h = (_round_up(amount * _NANOS) for amount in amounts)
    plain = max(reading, cached)
    tier = Tier(0, reading, output, cached, writing, writing_1h, plain, max(plain, writing, writing_1h), output)
    return _rates((tier,), 0, entry.max_output_tokens, entry.version)


def _from_vendor(price: vendor.ModelPrice, max_output_tokens: int | None) -> Rates | None:
    """None where the package knows no price per token (speech by the hour, pages, characters)."""
    if price.input_mtok is None and price.output_mtok is None:
        return None
    starts = {0}
    for value in price.__dict__.values():
        if isinstance(value, vendor.TieredPrices):
            starts.update(tier.start for tier in value.tiers)
    tiers = tuple(_tier(price, start) for start in sorted(starts))
    per_request = 0 if price.requests_kcount is None else _round_up(_at(price.requests_kcount, 0) * _PER_REQUEST_NANOS)
    return _rates(tiers, per_request, max_output_tokens, _package())


def _tier(price: vendor.ModelPrice, above_input_tokens: int) -> Tier:
    tokens_above = above_input_tokens + 1 if above_input_tokens else 0
    per_million = {
        kind.removesuffix("_mtok"): _round_up(_at(value, tokens_above) * _NANOS)
        for kind, value in price.__dict__.items()
        if kind.endswith("_mtok") and value is not None
    }
    reading, output = per_million.get("input", 0), per_million.get("output", 0)
    cache_write = per_million.get("cache_write", reading)
    writes = [amount for kind, amount in per_million.items() if "write" in kind]
    reads = [amount for kind, amount in per_million.items() if "write" not in kind and not kind.startswith("output")]
    return Tier(
        above_input_tokens=above_input_tokens,
        input=reading,
        output=output,
        cache_read=per_million.get("cache_read", reading),
        cache_write=cache_write,
        cache_write_1h=per_million.get("cache_write_1h", cache_write),
        dearest_input=max(reads, default=0),
        dearest_cached_input=max(reads + writes, default=0),
        dearest_output=max((amount for kind, amount in per_million.items() if kind.startswith("output")), default=0),
    )


def _at(value: Decimal | vendor.TieredPrices, input_tokens: int) -> Decimal:
    """A price of the package for a call with that many input tokens: crossing a threshold reprices all of them."""
    if isinstance(value, Decimal):
        return value
    amount = value.base
    for tier in value.tiers:
        if input_tokens > tier.start:
            amount = tier.price
    return amount


def _round_up(amount: Decimal) -> int:
    return int(amount.to_integral_value(rounding=ROUND_CEILING))


def _rates(tiers: tuple[Tier, ...], request: int, max_output_tokens: int | None, version: str) -> Rates:
    first = tiers[0]
    return Rates(first.input, first.output, first.cache_read, first.cache_write, request, max_output_tokens, version, tiers)
