"""OpenRouter end to end: its errors, its own figure above the hold, and what can't be bounded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.parse import passthrough_call, with_body
from relay.core.errors import PathNotAllowed
from tests.factories import make_connection
from tests.fake_provider import FakeProvider, stream, whole
from tests.proxy.conftest import Relay, settled
from tests.proxy.dialects.case import HELLO

PATH = "/api/v1/chat/completions"
KEY = {"openrouter": "sk-or-" + "v1-" + "0a" * 32}
CHAT: dict[str, Any] = {"model": "openai/gpt-4o-mini", "messages": HELLO}
FAILED = {"error": {"code": 502, "message": "Provider returned error"}, "user_id": "user_1"}


@pytest.mark.parametrize(
    "more",
    [
        {"models": ["openai/gpt-5"]},
        {"plugins": [{"id": "web"}]},
        {"route": "fallback"},
        {"transforms": ["middle-out"]},
        {"preset": "mine"},
        {"web_search_options": {"search_context_size": "low"}},
        {"stop_server_tools_when": [{}]},
        {"prediction": {"type": "content", "content": "x"}},
        {"modalities": ["image", "text"]},
        {"service_tier": "priority"},
        {"service_tier": "fast"},
        {"tools": [{"type": "openrouter:web_search"}]},
        {"provider": {"order": ["anthropic"]}},
        {"provider": {"sort": "throughput"}},
        {"provider": {"only": ["azure"], "allow_fallbacks": False}},
        {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_data": "x"}}]}]},
        {"model": "openai/gpt-4o-mini:online"},
        {"model": "openai/gpt-4o-mini:nitro"},
        {"model": "openrouter/auto"},
        {"model": "openai/gpt-4o-mini@preset/mine"},
        {"model": "@preset/mine"},
        {"model": "perplexity/sonar-pro"},
        {"model": "openai/o3-deep-research"},
    ],
)
def test_what_cannot_be_bounded_is_refused(more: dict[str, Any]) -> None:
    call = passthrough_call("POST", "openrouter", PATH.encode(), b"")
    with pytest.raises(PathNotAllowed):
        with_body(call, json.dumps(CHAT | more).encode())


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"provider": {"max_price": {"prompt": "1"}, "zdr": True, "data_collection": "deny"}},
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {"reasoning": {"effort": "low"}, "session_id": "s", "cache_control": {"type": "ephemeral"}},
        {"service_tier": "flex", "usage": {"include": True}},
        {"model": "deepseek/deepseek-r1-0528:free"},
        {"model": "anthropic/claude-sonnet-4.5:thinking"},
    ],
)
def test_what_can_be_passes(more: dict[str, Any]) -> None:
    body = json.dumps(CHAT | more).encode()
    call = with_body(passthrough_call("POST", "openrouter", PATH.encode(), b""), body)
    assert call.body == body


def test_an_error_with_status_200_costs_nothing_and_is_passed_on(relay: Relay, provider: FakeProvider) -> None:
    linked = make_connection(keys=KEY)
    provider.will(whole(FAILED), stream(b": OPENROUTER PROCESSING\n\ndata: " + json.dumps(FAILED).encode() + b"\n\n"))
    answer = relay.passthrough(linked.access_token, "openrouter", PATH, CHAT)
    assert (answer.status_code, answer.json()) == (200, FAILED)
    text = relay.passthrough(linked.access_token, "openrouter", PATH, CHAT | {"stream": True}, stream=True).content
    assert text.startswith(b": OPENROUTER PROCESSING\n\ndata: " + json.dumps(FAILED).encode() + b"\n\n")
    for entry in settled(linked.connection.id, 2).entries:
        assert (entry.cost_nanos, entry.error_code, entry.http_status) == (0, "provider_error", 200)


def test_an_error_in_the_middle_is_booked_by_what_came(relay: Relay, provider: FakeProvider) -> None:
    linked = make_connection(keys=KEY)
    said = b'data: {"choices":[{"delta":{"content":"Hel"}}]}\n\ndata: {"choices":[{"delta":{"content":""},"finish_reason":"error"}],'
    said += b'"error":{"code":"server_error","message":"Provider disconnected"}}\n\n'
    provider.will(stream(said))
    text = relay.passthrough(linked.access_token, "openrouter", PATH, CHAT | {"stream": True}, stream=True).content
    assert text.startswith(said)
    entry = settled(linked.connection.id).entries[0]
    assert (entry.usage_source, entry.error_code) == ("estimated", "provider_error")
    assert entry.cost_nanos > 0


def test_a_stream_without_usage_is_an_estimate(relay: Relay, provider: FakeProvider) -> None:
    linked = make_connection(keys=KEY)
    provider.will(stream(b'data: {"choices":[{"delta":{"content":"Hello"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'))
    relay.passthrough(linked.access_token, "openrouter", PATH, CHAT | {"stream": True}, stream=True).content  # noqa: B018
    entry = settled(linked.connection.id).entries[0]
    assert (entry.usage_source, entry.error_code) == ("estimated", "")
    assert entry.output_tokens >= 1


def test_a_refusal_passes_untouched_and_costs_nothing(relay: Relay, provider: FakeProvider) -> None:
    linked = make_connection(keys=KEY)
    refusal = b'{"error":{"code":402,"message":"Insufficient credits"},"user_id":"user_1"}'
    provider.will(whole(refusal, 402))
    answer = relay.passthrough(linked.access_token, "openrouter", PATH, CHAT)
    assert (answer.status_code, answer.content) == (402, refusal)
    assert answer.headers["X-1Relay-Provider-Error"] == "openrouter"
    entry = settled(linked.connection.id).entries[0]
    assert (entry.cost_nanos, entry.error_code) == (0, "provider_402")
    linked.connection.refresh_from_db()
    assert linked.connection.sealed_keys.get().attention_code == "key_quota_exhausted"


def test_a_cost_above_the_hold_is_booked_and_ends_the_budget(relay: Relay, provider: FakeProvider) -> None:
    linked = make_connection(keys=KEY, budget_cents=1)
    provider.will(whole({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 1, "cost": 0.05}}))
    answer = relay.passthrough(linked.access_token, "openrouter", PATH, CHAT | {"max_tokens": 10})
    assert (answer.status_code, answer.headers["X-1Relay-Cost-Micros"]) == (200, "50000")
    found = settled(linked.connection.id)
    assert (found.spent, found.entries[0].usage_source) == (50_000_000, "provider_cost")
    refused = relay.passthrough(linked.access_token, "openrouter", PATH, CHAT | {"max_tokens": 1})
    assert (refused.status_code, refused.json()["error"]["code"]) == (402, "budget_exceeded")
