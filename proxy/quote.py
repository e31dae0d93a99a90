"""What a call may cost, asked before it is admitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from linkflow import grants
from proxy.worst import worst_of
from relay.core.errors import ModelNotPriced
from relay.providers import prices
from usage.guard import UNLIMITED

if TYPE_CHECKING:
    from datetime import datetime

    from proxy.parse import Call
    from proxy.worst import Worst
    from relay.providers.prices import Rates


@dataclass(slots=True)
class Quote:
    """What a call may cost, and at which rates; nothing, for calls that providers don't charge for."""

    worst: Worst | None
    rates: Rates | None
    priced: bool
    worst_nanos: int = 0

    def terms(self, call: Call, request_id: str) -> grants.CallTerms:
        """What admission needs to know."""
        worst, rates, most = self.worst, self.rates, self.worst_nanos
        return grants.CallTerms(
            request_id=request_id,
            provider=call.provider.id,
            model=call.model,
            door=call.door,
            worst_nanos=most,
            wanted_nanos=min(worst.wanted_nanos(rates, most), most) if worst and rates else 0,
            floor_nanos=min(worst.floor_nanos(rates), most) if worst and rates else 0,
            parts=worst.parts if worst else 1,
            priced=self.priced,
            price_version=rates.version if rates else "",
        )


def quote_of(call: Call, now: datetime) -> Quote:
    """Bound the call's cost. An unpriced model is bound by the provider's dearest rates, should its user allow it at all.

    Raises ModelNotPriced where not even those are known.
    """
    if call.facts.is_free:
        return Quote(None, None, priced=True)
    rates = prices.rates(call.provider.id, call.model, now)
    bound = rates or prices.dearest_rates(call.provider.id, now)
    if bound is None:
        raise ModelNotPriced
    return quote_at(call, bound, priced=rates is not None)


def quote_at(call: Call, rates: Rates, *, priced: bool) -> Quote:
    """Bound the call's cost at these rates."""
    worst = worst_of(call, rates)
    return Quote(worst, rates, priced, min(worst.nanos(rates), UNLIMITED))
