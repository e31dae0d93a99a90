"""What becomes of a call's hold: exactly one of released (it never reached a provider) or settled, on every way out."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from proxy.worst import likely_usage
from relay.core.money import NANOS_PER_MICRO, micros_up
from relay.providers.prices import TokenUsage, cost_nanos, worst_nanos
from usage import settling

if TYPE_CHECKING:
    from linkflow.grants import Admission
    from proxy.meter import AnswerMeter
    from proxy.parse import Call
    from proxy.worst import Worst
    from relay.providers.prices import Rates

_NOTHING = TokenUsage()


class Booking:
    """One admitted call's money. After `send_begins` the provider may charge, so the call is settled and not released.

    `cost_nanos` is what was booked, once it was; `remaining_nanos` what the budget then has left, as seen at admission.
    """

    def __init__(self, call: Call, worst: Worst | None, rates: Rates | None, admission: Admission) -> None:
        self._call, self._worst, self._rates, self._admission = call, worst, rates, admission
        self._started_at = monotonic()
        self._sent_at: float | None = None
        self._meter: AnswerMeter | None = None
        self._ended = False
        self.cost_nanos = 0

    def send_begins(self) -> None:
        """From here on the provider may charge."""
        self._sent_at = monotonic()

    def release(self) -> None:
        """Give the hold back: no provider was reached."""
        if not self._ended:
            self._ended = True
            settling.release(self._admission.hold_id)

    def refused(self, status: int, error_code: str) -> None:
        """Book a call that the provider answered with an error, and so does not charge for."""
        self._settle(status, _NOTHING, "provider_usage", error_code)

    def answered(self, status: int, meter: AnswerMeter) -> None:
        """Book a whole answer by what the provider reported, or by an estimate where it reported nothing."""
        usage = meter.usage
        if self._worst is None or self._rates is None:
            self._settle(status, _NOTHING, "provider_usage", None)
        elif usage is not None and meter.is_final:
            self._reported(status, usage, meter, self._rates, "provider_error" if meter.error else None)
        elif meter.error and not self._call.streams:
            self.refused(status, "provider_error")  # OpenRouter answers 200 where the model failed
        else:
            self.broken_off(status, meter, None)

    def broken_off(self, status: int | None, meter: AnswerMeter | None, error_code: str | None) -> None:
        """Book a call whose end nobody saw: by what was seen of it, or by the provider's last word, should that have come."""
        if self._ended:
            return
        if self._sent_at is None:
            self.release()
        elif self._worst is None or self._rates is None:
            self._settle(status, _NOTHING, "estimated", error_code)
        elif meter is not None and meter.usage is not None and meter.is_complete and _is_believed(meter):
            self._reported(status, meter.usage, meter, self._rates, error_code)
        else:
            guess = self._estimate(self._worst, self._sent_at, meter)
            at_most = self._admission.granted_nanos
            self._settle(status, guess, "estimated", error_code, min(cost_nanos(self._rates, guess), at_most))

    def follow(self, meter: AnswerMeter) -> None:
        """From here on the answer comes, and this reads along."""
        self._meter = meter

    @property
    def granted_nanos(self) -> int:
        """What is held for the call."""
        return self._admission.granted_nanos

    def most_so_far(self) -> int:
        """The most the call can have cost by now, in nano-dollars: its input as dear as it can be unless the provider has
        said what it was, and the output that was seen, or can have been written before the first of it was seen."""
        worst, rates, meter = self._worst, self._rates, self._meter
        if worst is None or rates is None or self._sent_at is None:
            return 0
        usage = self._estimate(worst, self._sent_at, meter)
        if meter is not None and meter.usage is not None and meter.usage.input_tokens:
            return cost_nanos(rates, usage)
        return worst_nanos(rates, worst.input_tokens, usage.output_tokens, writes_cache=worst.writes_cache)

    @property
    def cost_micros(self) -> int:
        """What was booked, in millionths of a dollar, rounded up."""
        return micros_up(self.cost_nanos)

    @property
    def remaining_micros(self) -> int:
        """What the budget has left, in millionths of a dollar, rounded down: after the booking, or before it less the hold."""
        given_back = self._admission.granted_nanos - self.cost_nanos if self._ended else 0
        return max(0, self._admission.remaining_nanos + given_back) // NANOS_PER_MICRO

    def _estimate(self, worst: Worst, sent_at: float, meter: AnswerMeter | None) -> TokenUsage:
        seen = meter.seen_tokens if meter else 0
        until = meter.first_event_at if meter and meter.first_event_at else monotonic()
        guess = likely_usage(worst, seen, until - sent_at, self._call.provider.bounds.output_tokens_per_second)
        reported = meter.usage if meter else None
        if reported is None or not reported.input_tokens:
            return guess
        return TokenUsage(
            input_tokens=reported.input_tokens,
            output_tokens=max(reported.output_tokens, min(seen, worst.output_tokens)),
            cached_input_tokens=reported.cached_input_tokens,
            cache_write_tokens=reported.cache_write_tokens,
            cache_write_1h_tokens=reported.cache_write_1h_tokens,
        )

    def _reported(self, status: int | None, usage: TokenUsage, meter: AnswerMeter, rates: Rates, error_code: str | None) -> None:
        """Book what the provider says: its own figure of the cost if it gives one, else its tokens at our prices."""
        if meter.cost_nanos is not None:
            self._settle(status, usage, "provider_cost", error_code, meter.cost_nanos)
        else:
            self._settle(status, usage, "provider_usage", error_code, cost_nanos(rates.served(meter.tier), usage))

    def _settle(self, status: int | None, usage: TokenUsage, source: settling.UsageSource, error_code: str | None, nanos: int = 0) -> None:
        if self._ended:
            return
        self._ended = True
        self.cost_nanos = nanos
        settling.settle(
            settling.Outcome(
                hold_id=self._admission.hold_id,
                http_status=status,
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                cached_input_tokens=usage.cached_input_tokens,
                cost_nanos=self.cost_nanos,
                usage_source=source,
                latency_ms=round((monotonic() - self._started_at) * 1000),
                error_code=error_code,
            )
        )


def _is_believed(meter: AnswerMeter) -> bool:
    """Whether tokens reported beside an error are what is charged: not unless their cost stands there too."""
    return meter.error is None or meter.cost_nanos is not None
