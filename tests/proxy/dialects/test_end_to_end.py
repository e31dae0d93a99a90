"""Every dialect's answers through the whole relay: bytes as they came but for what api.md lists, and the ledger's row."""

from __future__ import annotations

import json

import pytest

from tests.factories import make_connection
from tests.fake_provider import Answer, FakeProvider, stream, whole
from tests.proxy.conftest import Relay, settled
from tests.proxy.dialects.case import Case
from tests.proxy.dialects.every import CASES

KEY = "a-key-of-" + "no-known-shape-0123456789"


def script(case: Case) -> Answer:
    """The provider's part; a stream in pieces that no event respects."""
    if not case.streams:
        return whole(case.said)
    return stream(*(case.said[at : at + 97] for at in range(0, len(case.said), 97)))


@pytest.mark.parametrize("name", CASES)
def test_bytes_pass_and_the_ledger_has_the_call(name: str, relay: Relay, provider: FakeProvider) -> None:
    case = CASES[name]
    linked = make_connection(keys={case.provider_id: KEY}, budget_cents=100_000)
    provider.will(script(case))
    body = case.body if case.call.model == "path" else {"model": case.model, **case.body}
    answer = relay.passthrough(linked.access_token, case.provider_id, case.path, body, stream=case.streams)
    assert answer.status_code == 200
    end = answer.content[len(case.seen) :]
    assert answer.content.startswith(case.seen)
    entry = settled(linked.connection.id).entries[0]
    booked = f"cost-micros={-(-case.nanos // 1000)} ".encode()
    if case.streams and case.provider.stream_comment:
        assert end.startswith(b": 1relay " + booked)
    else:
        assert end == b""
    assert (entry.provider, entry.model, entry.door) == (case.provider_id, case.model, "passthrough")
    assert (entry.input_tokens, entry.output_tokens, entry.cached_input_tokens) == (
        case.usage.input_tokens, case.usage.output_tokens, case.usage.cached_input_tokens,
    )  # fmt: skip
    assert (entry.cost_nanos, entry.usage_source) == (case.nanos, case.source)
    assert (entry.http_status, entry.error_code, entry.price_version) == (200, "", "pinned@pinned")
    assert entry.latency_ms is not None
    assert 0 <= entry.latency_ms < 20_000


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.provider.dialect == "openai" and "messages" in case.body])
def test_the_openai_door_speaks_to_every_compatible_provider(name: str, relay: Relay, provider: FakeProvider) -> None:
    case = CASES[name]
    linked = make_connection(keys={case.provider_id: KEY}, budget_cents=100_000)
    provider.will(script(case))
    body = {"model": f"{case.provider_id}/{case.model}", **case.body}
    answer = relay.post("/v1/openai/chat/completions", linked.access_token, body, stream=case.streams)
    assert answer.content.startswith(case.seen)
    assert provider.last.target == case.provider.chat_path
    assert provider.last.json["model"] == case.model
    assert provider.last.headers["authorization"] == f"Bearer {KEY}"
    assert settled(linked.connection.id).entries[0].cost_nanos == case.nanos


def test_usage_is_asked_for_exactly_where_the_provider_needs_it(relay: Relay, provider: FakeProvider) -> None:
    for name in ("openai chat", "xai", "cerebras", "together", "mistral", "openrouter", "groq"):
        case = CASES[f"{name} stream"]
        linked = make_connection(keys={case.provider_id: KEY}, budget_cents=100_000)
        provider.will(script(case))
        sent = json.dumps({"model": case.model, **case.body}).encode()
        relay.passthrough(linked.access_token, case.provider_id, case.path, sent, stream=True).content  # noqa: B018
        asked = b'{"stream_options":{"include_usage":true},' + sent[1:]
        assert provider.last.body == (asked if case.call.include_usage else sent)
