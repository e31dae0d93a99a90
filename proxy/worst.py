"""The most a call can cost before it is made, and the output limit that a smaller hold can pay for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from proxy import body as body_rules
from proxy.body_tree import Reading
from relay.providers.prices import Rates, TokenUsage, worst_nanos

if TYPE_CHECKING:
    from proxy.parse import Call

GOOD_OUTPUT_TOKENS = 4096
"""Few answers are longer. A call that wants more is cut to no less than this, as long as it is worth waiting for the room."""
_PARTS = 4
"""Where a call names no limit and the model's own doesn't fit, it takes a quarter of what is left: others come beside it."""
USEFUL_OUTPUT_TOKENS = 16
"""A limit lowered below this answers nothing; it is also the least OpenAI's Responses take (openai-python 3.54)."""


@dataclass(slots=True)
class Worst:
    """Upper bounds in tokens: no text has more tokens than bytes. `limit` is the given output limit of one choice, `beyond`
    what each may write on top of any limit, `headroom_percent` how much dearer than its price a call may turn out."""

    input_tokens: int
    likely_input_tokens: int
    limit: int | None
    most: int
    choices: int
    floor: int
    writes_cache: bool
    beyond: int = 0
    headroom_percent: int = 0

    @property
    def output_tokens(self) -> int:
        """The most the model can write, all choices together."""
        return ((self.limit or self.most) + self.beyond) * self.choices

    def nanos(self, rates: Rates) -> int:
        """The most the call can cost."""
        return self._nanos(rates, self.limit or self.most)

    def wanted_nanos(self, rates: Rates, worst_nanos: int) -> int:
        """What a good answer takes, the whole input included; `worst_nanos`, if the call can't take more."""
        good = self.floor + GOOD_OUTPUT_TOKENS
        return worst_nanos if (self.limit or self.most) <= good else self._nanos(rates, good)

    def floor_nanos(self, rates: Rates) -> int:
        """The least worth holding: the whole input, and a useful beginning of an answer."""
        return self._nanos(rates, min(self.limit or self.most, self.floor + USEFUL_OUTPUT_TOKENS))

    @property
    def parts(self) -> int:
        """In how many calls what is left is shared, where the worst case does not fit."""
        return 1 if self.limit else _PARTS

    def affordable_limit(self, rates: Rates, granted_nanos: int) -> int | None:
        """The output limit of one choice that the hold pays for; None where the given one fits."""
        low, high = 0, self.limit or self.most
        if self._nanos(rates, high) <= granted_nanos:
            return None
        while low < high:
            middle = (low + high + 1) // 2
            if self._nanos(rates, middle) <= granted_nanos:
                low = middle
            else:
                high = middle - 1
        return max(1, low)

    def _nanos(self, rates: Rates, limit: int) -> int:
        nanos = worst_nanos(rates, self.input_tokens, (limit + self.beyond) * self.choices, writes_cache=self.writes_cache)
        return nanos * (100 + self.headroom_percent) // 100


def worst_of(call: Call, rates: Rates) -> Worst:
    """Bound a call from its body. Raises InvalidRequest for limits that are no positive whole numbers."""
    provider, members = call.provider, call.members
    rules, bounds = provider.rules[call.facts.rules or ""], provider.bounds
    media = call.reading or Reading()
    text_bytes = len(call.body) - media.characters
    other = media.images * bounds.image_tokens + media.documents * bounds.document_tokens + bounds.overhead_tokens
    marker = bounds.cache_write_marker
    limits = rules.output_limit is not None
    return Worst(
        input_tokens=text_bytes + other,
        likely_input_tokens=text_bytes // 3 + other,
        limit=body_rules.output_limit(provider, rules, members),
        most=(rates.max_output_tokens or bounds.output_tokens) if limits else 0,
        choices=body_rules.choices(provider, rules, members),
        floor=body_rules.output_floor(provider, rules, members),
        writes_cache=marker is None or marker.encode() in call.body or b"\\u" in call.body,
        beyond=bounds.beyond_limit_tokens if limits else 0,
        headroom_percent=bounds.price_headroom_percent,
    )


def likely_usage(worst: Worst, seen_tokens: int, unseen_seconds: float, tokens_per_second: int) -> TokenUsage:
    """A careful guess at a call whose end nobody saw: three bytes a token in, what was seen out, and what a fast model
    writes in the seconds in which nothing was to be seen; never more than the worst case."""
    unseen = int(unseen_seconds * tokens_per_second)
    return TokenUsage(
        input_tokens=min(worst.input_tokens, worst.likely_input_tokens + 1),
        output_tokens=min(worst.output_tokens, seen_tokens + unseen),
    )
