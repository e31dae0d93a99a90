"""Every dialect's answers, cut at every byte: usage right to the token, cost as worked out by hand, bytes as they came."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.meter import AnswerMeter, StreamMeter
from relay.providers import prices, registry
from relay.providers.prices import cost_nanos
from tests.proxy.dialects.case import Case
from tests.proxy.dialects.every import CASES

STREAMS = [name for name, case in CASES.items() if case.streams]
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def cost(case: Case, meter: AnswerMeter) -> int:
    """What is booked for what the meter read."""
    if meter.cost_nanos is not None:
        return meter.cost_nanos
    rates = prices.rates(case.provider_id, case.model, NOW)
    assert rates is not None
    assert meter.usage is not None
    return cost_nanos(rates.served(meter.tier), meter.usage)


def read(case: Case, pieces: list[bytes], *, whole_events: bool) -> None:
    """Read the pieces as the pipeline does, and look at all that comes of it."""
    meter = StreamMeter(case.meter, whole_events=whole_events, drops_usage=bool(case.unseen))
    passed = b"".join(meter.feed(piece) for piece in pieces) + meter.end()
    assert passed == case.seen
    assert (meter.usage, meter.is_final, meter.error) == (case.usage, True, None)
    assert meter.is_complete
    assert cost(case, meter) == case.nanos
    assert (meter.cost_nanos is not None) == (case.source == "provider_cost")


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_is_read_right_wherever_it_is_cut(name: str) -> None:
    case = CASES[name]
    for cut in range(len(case.said) + 1):
        read(case, [case.said[:cut], case.said[cut:]], whole_events=bool(case.unseen))


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_is_read_right_byte_by_byte_and_at_once(name: str) -> None:
    case = CASES[name]
    read(case, [case.said[at : at + 1] for at in range(len(case.said))], whole_events=True)
    read(case, [case.said], whole_events=True)
    if not case.unseen:
        read(case, [case.said[at : at + 1] for at in range(len(case.said))], whole_events=False)


@given(st.sampled_from(STREAMS), st.lists(st.integers(0, 3000), max_size=12))
def test_a_stream_is_read_right_in_any_pieces(name: str, cuts: list[int]) -> None:
    case = CASES[name]
    places = sorted({0, len(case.said), *(cut % len(case.said) for cut in cuts)})
    pieces = [case.said[start:end] for start, end in itertools.pairwise(places)]
    meter = StreamMeter(case.meter, whole_events=True, drops_usage=bool(case.unseen))
    assert b"".join(meter.feed(piece) for piece in pieces) + meter.end() == case.seen
    assert meter.usage == case.usage


@pytest.mark.parametrize("name", [name for name in CASES if name not in STREAMS])
def test_a_whole_answer_is_read_right(name: str) -> None:
    case = CASES[name]
    meter = AnswerMeter(case.meter)
    meter.read(case.said)
    assert (meter.usage, meter.is_final, meter.is_complete) == (case.usage, True, True)
    assert cost(case, meter) == case.nanos
    assert (meter.cost_nanos is not None) == (case.source == "provider_cost")


def test_every_meter_and_every_provider_has_an_answer() -> None:
    """A new dialect comes with an example of what it says."""
    shown = {case.call.meter for case in CASES.values()}
    assert {call.meter for known in registry.providers() for call in known.calls if not call.is_free} <= shown
    assert {known.id for known in registry.providers() if known.base_url} == {case.provider_id for case in CASES.values()}
