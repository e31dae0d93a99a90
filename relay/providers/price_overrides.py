"""Prices and output limits of our own: spec/price_overrides.json, and an operator's file of the same form on top of it.

An entry of `models` prices every model id that its `match` fits (`*` stands for any characters), from `from` (a date,
optional) on; of several the last one that has begun wins, and the operator's file is read last. Amounts are US dollars
per million tokens, as decimal text. An entry of `maxOutputTokens` says `"confirmed": false` where its source is not the
vendor's own page.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

SPEC_FILE = Path(__file__).resolve().parent.parent.parent / "spec" / "price_overrides.json"
_AMOUNTS = ("inputPerMillion", "outputPerMillion", "cacheReadPerMillion", "cacheWritePerMillion", "cacheWrite1hPerMillion")
_ENTRY_MEMBERS = {"provider", "match", "from", "maxOutputTokens", "source", "checkedOn", *_AMOUNTS}
_LIMIT_MEMBERS = {"provider", "match", "tokens", "source", "confirmed", "checkedOn"}


@dataclass(frozen=True, slots=True)
class OverriddenPrice:
    """One entry of `models`: dollars per million tokens by kind, None where the entry does not say."""

    provider: str
    match: str
    starts_on: date
    input: Decimal
    output: Decimal
    cache_read: Decimal | None
    cache_write: Decimal | None
    cache_write_1h: Decimal | None
    max_output_tokens: int | None
    version: str


@dataclass(frozen=True, slots=True)
class OutputLimit:
    """One entry of `maxOutputTokens`: the most tokens such a model writes in one answer."""

    provider: str
    match: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Overrides:
    """Both lists of one or several files, in the order in which later entries win."""

    prices: tuple[OverriddenPrice, ...]
    limits: tuple[OutputLimit, ...]

    def price(self, provider: str, model: str, on: date) -> OverriddenPrice | None:
        """The entry in force for this model on that day."""
        fitting = (
            entry
            for entry in reversed(self.prices)
            if entry.provider == provider and entry.starts_on <= on and fnmatchcase(model, entry.match)
        )
        return next(fitting, None)

    def max_output_tokens(self, provider: str, model: str) -> int | None:
        """The model's output limit, where a file states it."""
        fitting = (entry.tokens for entry in reversed(self.limits) if entry.provider == provider and fnmatchcase(model, entry.match))
        return next(fitting, None)


def load(paths: tuple[Path, ...]) -> Overrides:
    """Read and check the files in order. Raises ValueError, naming file and entry, for anything not understood."""
    prices: list[OverriddenPrice] = []
    limits: list[OutputLimit] = []
    for path in paths:
        document = json.loads(path.read_text(encoding="utf-8"))
        version = f"{path.stem}@{document['version']}"
        for number, entry in enumerate(document.get("models", [])):
            prices.append(_price(entry, version, where=f"{path.name}: models[{number}]"))
        for number, entry in enumerate(document.get("maxOutputTokens", [])):
            where = f"{path.name}: maxOutputTokens[{number}]"
            _refuse_unknown(entry, _LIMIT_MEMBERS, where)
            limits.append(OutputLimit(entry["provider"], entry["match"], _tokens(entry["tokens"], where)))
    return Overrides(tuple(prices), tuple(limits))


def _price(entry: dict[str, Any], version: str, where: str) -> OverriddenPrice:
    _refuse_unknown(entry, _ENTRY_MEMBERS, where)
    amounts = {name: _amount(entry[name], f"{where}.{name}") for name in _AMOUNTS if name in entry}
    limit = entry.get("maxOutputTokens")
    return OverriddenPrice(
        provider=entry["provider"],
        match=entry["match"],
        starts_on=date.fromisoformat(entry.get("from", "0001-01-01")),
        input=amounts["inputPerMillion"],
        output=amounts["outputPerMillion"],
        cache_read=amounts.get("cacheReadPerMillion"),
        cache_write=amounts.get("cacheWritePerMillion"),
        cache_write_1h=amounts.get("cacheWrite1hPerMillion"),
        max_output_tokens=None if limit is None else _tokens(limit, where),
        version=version,
    )


def _refuse_unknown(entry: dict[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(entry) - known)
    if unknown:
        raise ValueError(f"{where}: unknown members {', '.join(unknown)}")


def _amount(text: object, where: str) -> Decimal:
    if not isinstance(text, str) or not Decimal(text).is_finite() or Decimal(text) < 0:
        raise ValueError(f"{where}: a non-negative decimal number as text is needed")
    return Decimal(text)


def _tokens(number: object, where: str) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or number <= 0:
        raise ValueError(f"{where}: a positive number of tokens is needed")
    return number
