"""The most a call can cost: by bytes where it is text, by bounds where it is not; and the limit a smaller hold affords."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from proxy.parse import Call, passthrough_call, with_body
from proxy.pipeline import _limited as limited
from proxy.quote import quote_at, quote_of
from proxy.worst import USEFUL_OUTPUT_TOKENS, Worst
from relay.core.errors import InvalidRequest
from relay.providers import registry
from relay.providers.prices import Rates
from usage.guard import UNLIMITED

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PIXELS = "A" * 400_000


def call(name: str, path: str, body: dict[str, Any]) -> Call:
    """A passthrough call with this body."""
    return with_body(passthrough_call("POST", name, path.encode(), b""), json.dumps(body).encode())


def bound(name: str, path: str, body: dict[str, Any]) -> tuple[Worst, Rates]:
    """The call's worst case and rates."""
    quote = quote_of(call(name, path, body), NOW)
    assert quote.worst is not None
    assert quote.rates is not None
    return quote.worst, quote.rates


def chat(content: Any, **more: Any) -> tuple[Worst, Rates]:
    """A chat with gpt-4o."""
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": content}], **more}
    return bound("openai", "/v1/chat/completions", body)


def claude(*parts: dict[str, Any], **more: Any) -> tuple[Worst, Rates]:
    """A message to Claude."""
    body = {"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": [{"role": "user", "content": list(parts)}], **more}
    return bound("anthropic", "/v1/messages", body)


def test_text_is_bound_by_its_bytes() -> None:
    worst, rates = chat("é" * 1000, max_tokens=10)
    assert worst.input_tokens >= 2000
    assert worst.nanos(rates) >= 2000 * 2500 + 10 * 10_000


def test_without_a_limit_the_models_maximum_counts() -> None:
    worst, rates = chat("Hello")
    assert worst.limit is None
    assert worst.output_tokens == (rates.max_output_tokens or 128_000)


@pytest.mark.parametrize("limit", [10**9 + 1, 10**17, 10**30])
def test_a_limit_beyond_all_models_is_refused(limit: int) -> None:
    with pytest.raises(InvalidRequest) as refused:
        chat("Hello", max_tokens=limit)
    assert refused.value.details == {"fields": {"max_tokens": ["At most 1000000000."]}}


def test_no_worst_case_is_too_large_for_the_database() -> None:
    asked = call("openai", "/v1/chat/completions", {"model": "gpt-4o", "messages": [], "max_tokens": 10**9, "n": 128})
    quote = quote_of(asked, NOW)
    assert quote.rates is not None
    terms = quote_at(asked, replace(quote.rates, request=10**19), priced=True).terms(asked, "req_test")
    assert (terms.worst_nanos, terms.wanted_nanos, terms.floor_nanos) == (UNLIMITED, UNLIMITED, UNLIMITED)


@pytest.mark.parametrize("url", [f"data:image/png;base64,{PIXELS}", "https://images.example/a.png"])
def test_an_image_is_bound_by_its_kind_and_not_its_bytes(url: str) -> None:
    worst, _ = chat([{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": url}}])
    assert 50_000 <= worst.input_tokens <= 51_000


def test_a_document_may_fill_the_context() -> None:
    source = {"type": "base64", "media_type": "application/pdf", "data": PIXELS}
    worst, _ = claude({"type": "document", "source": source})
    assert 1_000_000 <= worst.input_tokens <= 1_010_000


@pytest.mark.parametrize("in_a_tool_result", [False, True])
def test_an_image_inside_a_document_is_held(in_a_tool_result: bool) -> None:
    image = {"type": "image", "source": {"type": "url", "url": "https://images.example/a.png"}}
    document: dict[str, Any] = {"type": "document", "source": {"type": "content", "content": [image, image]}}
    if in_a_tool_result:
        document = {"type": "tool_result", "tool_use_id": "t", "content": [document]}
    worst, _ = claude(document)
    assert 11_000 <= worst.input_tokens <= 12_000


def test_a_limit_the_provider_may_not_heed_is_not_relied_on() -> None:
    body = {"model": "mistral-small-latest", "messages": []}
    path = "/v1/chat/completions"
    alone, _ = bound("mistral", path, {**body, "max_completion_tokens": 10})
    both, _ = bound("mistral", path, {**body, "max_tokens": 10, "max_completion_tokens": 20})
    assert (alone.limit, both.limit) == (None, 20)


@pytest.mark.parametrize("given", [{"max_completion_tokens": 5000}, {"max_completion_tokens": 5000, "max_tokens": 4000}])
@pytest.mark.parametrize("name", ["mistral", "deepseek", "together"])
def test_every_limit_that_is_given_is_lowered(name: str, given: dict[str, int]) -> None:
    asked = call(name, "/v1/chat/completions", {"model": "x", "messages": [], **given})
    assert json.loads(limited(asked, 100)) == {"model": "x", "messages": [], "max_tokens": 100, "max_completion_tokens": 100}


def test_a_plain_text_document_is_text() -> None:
    worst, _ = claude({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x" * 5000}})
    assert 5000 <= worst.input_tokens <= 8000


def test_geminis_media_count_in_both_spellings() -> None:
    path = "/v1beta/models/gemini-2.5-flash:generateContent"
    for part in ({"inlineData": {"mimeType": "image/png", "data": PIXELS}}, {"inline_data": {"mime_type": "image/png", "data": PIXELS}}):
        worst, _ = bound("google", path, {"contents": {"parts": part}})
        assert 8000 <= worst.input_tokens <= 9000


def test_writing_to_the_cache_costs_more() -> None:
    plain, rates = claude({"type": "text", "text": "x" * 1000})
    caching, _ = claude({"type": "text", "text": "x" * 1000, "cache_control": {"type": "ephemeral", "ttl": "1h"}})
    assert (plain.writes_cache, caching.writes_cache) == (False, True)
    assert caching.nanos(rates) > plain.nanos(rates)


def test_a_thinking_budget_is_part_of_the_floor() -> None:
    worst, rates = claude({"type": "text", "text": "x"}, max_tokens=10_000, thinking={"type": "enabled", "budget_tokens": 4000})
    assert worst.floor_nanos(rates) >= (4000 + USEFUL_OUTPUT_TOKENS) * 15_000


def test_the_larger_of_two_limits_counts() -> None:
    worst, _ = chat("Hello", max_tokens=10, max_completion_tokens=20)
    assert worst.limit == 20


def test_the_affordable_limit_is_the_largest_that_fits() -> None:
    worst, rates = chat("Hello", max_tokens=5000, n=2)
    assert worst.affordable_limit(rates, worst.nanos(rates)) is None
    for granted in (worst.floor_nanos(rates), worst.nanos(rates) // 2, worst.nanos(rates) - 1):
        limit = worst.affordable_limit(rates, granted)
        assert limit is not None
        fitting, larger = (Worst(worst.input_tokens, 0, tokens, worst.most, 2, 0, worst.writes_cache) for tokens in (limit, limit + 1))
        assert fitting.nanos(rates) <= granted < larger.nanos(rates)


@pytest.mark.parametrize("limit", [True, 0, -5, 1.5, "100"])
def test_a_limit_is_a_positive_whole_number(limit: object) -> None:
    with pytest.raises(InvalidRequest):
        chat("Hello", max_tokens=limit)


def test_embeddings_write_nothing() -> None:
    worst, _ = bound("openai", "/v1/embeddings", {"model": "text-embedding-3-small", "input": "Hello"})
    assert worst.output_tokens == 0


def test_what_may_be_written_beyond_the_limit_is_held_too() -> None:
    body = {"model": "grok-4", "messages": [], "max_completion_tokens": 100, "n": 2}
    worst, rates = bound("xai", "/v1/chat/completions", body)
    beyond = registry.provider("xai").bounds.beyond_limit_tokens  # type: ignore[union-attr]
    assert beyond > 0
    assert worst.output_tokens == (100 + beyond) * 2
    assert worst.nanos(rates) >= (100 + beyond) * 2 * 15_000


def test_a_provider_that_picks_who_serves_gets_headroom() -> None:
    body = {"model": "openai/gpt-4o-mini", "messages": [], "max_tokens": 1000}
    worst, rates = bound("openrouter", "/api/v1/chat/completions", body)
    plain = replace(worst, headroom_percent=0).nanos(rates)
    assert worst.headroom_percent > 0
    assert worst.nanos(rates) == plain * (100 + worst.headroom_percent) // 100
    granted = worst.nanos(rates) // 2
    limit = worst.affordable_limit(rates, granted)
    assert limit is not None
    assert replace(worst, limit=limit).nanos(rates) <= granted
