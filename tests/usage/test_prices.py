"""Prices: from the package and the overrides, by any id a provider takes, in whole nano-dollars; never zero for want of one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.providers import price_overrides, prices
from relay.providers.prices import TokenUsage, cost_nanos, dearest_rates, rates, worst_nanos

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
DOLLAR = 1_000_000_000


@pytest.fixture(autouse=True)
def fresh_prices() -> Iterator[None]:
    """No test sees another's overrides."""
    prices.clear_caches()
    yield
    prices.clear_caches()


def _rates(provider: str, model: str, at: datetime = AT) -> prices.Rates:
    found = rates(provider, model, at)
    assert found is not None
    return found


def test_a_known_model_has_its_prices() -> None:
    known = _rates("openai", "gpt-4o")
    assert (known.input, known.output, known.cache_read) == (25 * DOLLAR // 10, 10 * DOLLAR, 125 * DOLLAR // 100)
    assert known.version.startswith("genai-prices@")


@pytest.mark.parametrize(
    ("provider", "model", "same_as"),
    [
        ("openai", "gpt-4o-2024-08-06", "gpt-4o"),
        ("anthropic", "claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
        ("google", "models/gemini-2.5-pro", "gemini-2.5-pro"),
        ("sandbox", "sandbox-small-2026-01-01", "sandbox-small"),
    ],
)
def test_dated_and_aliased_ids_are_matched(provider: str, model: str, same_as: str) -> None:
    assert _rates(provider, model) == _rates(provider, same_as)


@pytest.mark.parametrize(
    ("provider", "model"),
    [("openai", "gpt-imaginary"), ("nobody", "gpt-4o"), ("sandbox", "gpt-4o"), ("openai", ""), ("groq", "whisper-large-v3")],
)
def test_an_unknown_price_is_none(provider: str, model: str) -> None:
    assert rates(provider, model, AT) is None


def test_a_cost_worked_out_by_hand() -> None:
    # 1,000 in of which 600 cached, 200 out: 400 × $2.50 + 600 × $1.25 + 200 × $10.00 a million = $0.00375
    usage = TokenUsage(input_tokens=1000, output_tokens=200, cached_input_tokens=600)
    assert cost_nanos(_rates("openai", "gpt-4o"), usage) == 3_750_000


def test_cache_writes_cost_by_how_long_they_last() -> None:
    # 1,000 in: 100 plain × $3, 300 read × $0.30, 400 written for 5 minutes × $3.75, 200 for an hour × $6 a million
    usage = TokenUsage(input_tokens=1000, cached_input_tokens=300, cache_write_tokens=600, cache_write_1h_tokens=200)
    assert cost_nanos(_rates("anthropic", "claude-sonnet-4-5"), usage) == 300_000 + 90_000 + 1_500_000 + 1_200_000


def test_crossing_a_threshold_reprices_every_token() -> None:
    known = _rates("anthropic", "claude-sonnet-4-5")
    assert cost_nanos(known, TokenUsage(input_tokens=200_000)) == 200_000 * 3_000
    assert cost_nanos(known, TokenUsage(input_tokens=200_001)) == 200_001 * 6_000


def test_a_fraction_of_a_nano_dollar_is_rounded_up(tmp_path: Path, settings: Any) -> None:
    entry = {"provider": "openai", "match": "tiny", "inputPerMillion": "0.0001", "outputPerMillion": "0.0000000001"}
    settings.RELAY_PRICE_OVERRIDES = tmp_path / "mine.json"
    settings.RELAY_PRICE_OVERRIDES.write_text(json.dumps({"version": "1", "models": [entry]}))
    tiny = _rates("openai", "tiny")
    assert (tiny.input, tiny.output) == (100_000, 1)
    assert [cost_nanos(tiny, TokenUsage(input_tokens=tokens)) for tokens in (0, 1, 10, 11)] == [0, 1, 1, 2]


@given(
    model=st.sampled_from(
        [
            ("anthropic", "claude-sonnet-4-5"),
            ("google", "gemini-2.5-pro"),
            ("openai", "gpt-4o"),
            ("sandbox", "sandbox-large"),
            ("perplexity", "sonar"),
        ]
    ),
    tokens=st.lists(st.integers(0, 400_000), min_size=4, max_size=4),
    output=st.integers(0, 100_000),
    spare=st.integers(0, 100_000),
)
def test_no_call_costs_more_than_its_worst_case(model: tuple[str, str], tokens: list[int], output: int, spare: int) -> None:
    plain, cached, written, written_1h = tokens
    usage = TokenUsage(plain + cached + written + written_1h, output, cached, written + written_1h, written_1h)
    known = _rates(*model)
    worst = worst_nanos(known, usage.input_tokens + spare, output + spare, writes_cache=bool(written or written_1h))
    assert cost_nanos(known, usage) <= worst


def test_a_price_by_the_hour_is_that_of_the_hour() -> None:
    night, day = (_rates("deepseek", "deepseek-chat", datetime(2025, 6, 1, hour, tzinfo=UTC)) for hour in (20, 10))
    assert night.input < day.input


def test_a_past_call_keeps_its_price(tmp_path: Path, settings: Any) -> None:
    entry = {"provider": "openai", "match": "gpt-9*", "inputPerMillion": "1", "outputPerMillion": "2"}
    later = {**entry, "from": "2026-06-01", "inputPerMillion": "0.5", "maxOutputTokens": 77}
    settings.RELAY_PRICE_OVERRIDES = tmp_path / "mine.json"
    settings.RELAY_PRICE_OVERRIDES.write_text(json.dumps({"version": "7", "models": [entry, later]}))
    assert _rates("openai", "gpt-9-mini", datetime(2026, 5, 31, tzinfo=UTC)).input == DOLLAR
    now = _rates("openai", "gpt-9-mini")
    assert (now.input, now.max_output_tokens, now.version) == (DOLLAR // 2, 77, "mine@7")
    assert rates("sandbox", "sandbox-small", AT) is not None


@pytest.mark.parametrize(
    "entry",
    [
        {"inputPerMillion": 1, "outputPerMillion": "2"},
        {"inputPerMillion": "-1", "outputPerMillion": "2"},
        {"inputPerMillion": "NaN", "outputPerMillion": "2"},
        {"inputPerMillion": "1", "outputPerMillion": "2", "inputPerMilion": "1"},
        {"inputPerMillion": "1", "outputPerMillion": "2", "maxOutputTokens": 0},
    ],
)
def test_an_override_that_is_not_understood_is_refused(tmp_path: Path, entry: dict[str, Any]) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({"version": "1", "models": [{"provider": "openai", "match": "x", **entry}]}))
    with pytest.raises(ValueError, match=r"bad\.json: models\[0\]"):
        price_overrides.load((path,))


def test_output_limits_are_known_for_exactly_the_models_they_were_read_for() -> None:
    limits = {model: _rates("openai", model).max_output_tokens for model in ("gpt-4o", "gpt-4o-2024-08-06", "gpt-4o-mini", "gpt-4.1-mini")}
    assert limits == {"gpt-4o": 16_384, "gpt-4o-2024-08-06": 16_384, "gpt-4o-mini": 16_384, "gpt-4.1-mini": None}
    assert _rates("google", "models/gemini-2.0-flash").max_output_tokens == 8192


def test_the_dearest_rate_covers_every_model_of_the_provider() -> None:
    dearest = dearest_rates("openai", AT)
    assert dearest is not None
    for model in ("gpt-4o", "o1-pro", "gpt-4.1-mini"):
        known = _rates("openai", model)
        assert worst_nanos(dearest, 1000, 1000) >= worst_nanos(known, 1000, 1000)
    assert dearest_rates("nobody", AT) is None
