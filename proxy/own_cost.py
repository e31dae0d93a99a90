"""What a provider says a call cost, in nano-dollars: exact, from the number as it stands in the answer's text.

A binary fraction is never used: of 0.0000123 dollars it would make a nano-dollar more or less.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Context, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from proxy.member_path import member

if TYPE_CHECKING:
    from relay.providers.facts import Cost

MOST_NANOS: Final = 10**15
"""A million dollars: no call costs that, so a figure above it is an error of the provider's, and not believed."""

_NANOS = Decimal(1_000_000_000)
_EXACT = Context(prec=60, rounding=ROUND_CEILING)


def own_cost_nanos(cost: Cost, usage: dict[str, Any], body: bytes) -> int | None:
    """The provider's figure in `usage`, rounded up to whole nano-dollars; None where it gives none, or half of one.

    `body` is the JSON text that `usage` was read from.
    """
    own = _amount(usage, cost.at, body)
    if own is None:
        return None
    if cost.extra_when is not None and member(usage, cost.extra_when) is True:
        extra = _amount(usage, cost.extra_at or "", body)
        if extra is None:
            return None
        own += extra
    nanos = _EXACT.divide(_EXACT.multiply(own, _NANOS), Decimal(cost.units_per_dollar)).to_integral_value(ROUND_CEILING)
    return int(nanos) if 0 <= nanos <= MOST_NANOS else None


def _amount(usage: dict[str, Any], path: str, body: bytes) -> Decimal | None:
    value = member(usage, path)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return None
    if isinstance(value, int):
        return Decimal(value)
    texts = (found.decode() for found in _numbers_named(path.rpartition(".")[2]).findall(body))
    return max((Decimal(text) for text in texts if float(text) == value), default=Decimal(repr(value)))


@lru_cache(maxsize=16)
def _numbers_named(name: str) -> re.Pattern[bytes]:
    """A member of that name with a number; text inside of JSON strings can't look so, its quotes are escaped."""
    return re.compile(rb'"' + re.escape(name.encode()) + rb'"\s*:\s*(-?[0-9][0-9.eE+-]*)')
