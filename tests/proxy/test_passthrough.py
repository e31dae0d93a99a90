"""ANY /v1/proxy/passthrough/:provider/*: the provider's own API, with exactly the changes that api.md lists."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from relay.providers import registry
from tests.factories import Linked, make_connection
from tests.fake_provider import (
    ECHO_CREDENTIAL,
    RESET,
    FakeProvider,
    chat_answer,
    chat_chunk,
    chat_stream,
    events,
    stream,
    usage,
    usage_chunk,
    whole,
)
from tests.proxy.conftest import KEYS, Relay, money, settled

HELLO = [{"role": "user", "content": "Hello"}]
CHAT = {"model": "gpt-4o-mini", "messages": HELLO}
CLAUDE = {"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": HELLO}
GEMINI = {"contents": [{"parts": [{"text": "Hello"}]}]}


def claude_events(*, complete: bool = True) -> list[bytes]:
    """A stream of Anthropic's, whose numbers are cumulative."""
    used = {"input_tokens": 20, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 10, "output_tokens": 1}
    data: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"id": "m", "usage": used}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}},
        {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ]
    lines = [f"event: {item['type']}\ndata: {json.dumps(item)}\n\n".encode() for item in data]
    return lines if complete else lines[:2]


def test_body_and_answer_pass_byte_for_byte(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    sent = b'{ "model":"gpt-4o-mini" ,\n"messages":[{"role":"user","content":"H\\u00e9llo"}], "seed":12345678901234567890 }'
    given = json.dumps(chat_answer(), indent=3).encode()
    provider.will(whole(given, headers={"openai-processing-ms": "5", "openai-organization": "org-1"}))
    answer = relay.passthrough(linked.access_token, "openai", "/v1/chat/completions", sent)
    assert provider.last.body == sent
    assert answer.content == given
    assert answer.headers["openai-processing-ms"] == "5"
    assert "openai-organization" not in answer.headers
    assert settled(linked.connection.id).entries[0].door == "passthrough"


def test_a_stream_passes_byte_for_byte_and_a_comment_follows(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    lines = events(chat_chunk("Hé"), chat_chunk("llo"), usage_chunk(9, 2))
    provider.will(stream(*lines))
    body = {**CHAT, "stream": True, "stream_options": {"include_usage": True}}
    text = relay.passthrough(linked.access_token, "openai", "/v1/chat/completions", body, stream=True).content
    given = b"".join(lines)
    assert text.startswith(given)
    assert text[len(given) :].startswith(b": 1relay cost-micros=")
    assert settled(linked.connection.id).entries[0].input_tokens == 9


def test_usage_is_asked_for_and_its_chunk_removed(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    lines = events(chat_chunk("a"), chat_chunk("b"), usage_chunk(9, 2))
    provider.will(stream(*lines))
    sent = json.dumps({**CHAT, "stream": True}).encode()
    text = relay.passthrough(linked.access_token, "openai", "/v1/chat/completions", sent, stream=True).content
    assert provider.last.body == b'{"stream_options":{"include_usage":true},' + sent[1:]
    assert text.startswith(b"".join([*lines[:2], lines[3]]) + b": 1relay ")
    entry = settled(linked.connection.id).entries[0]
    assert (entry.input_tokens, entry.output_tokens) == (9, 2)


def test_a_callers_refusal_of_usage_is_overridden_and_not_seen(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    provider.will(chat_stream("a"))
    sent = {**CHAT, "stream": True, "stream_options": {"include_usage": False, "include_obfuscation": False}}
    text = relay.passthrough(linked.access_token, "openai", "/v1/chat/completions", sent, stream=True).text
    assert provider.last.json["stream_options"] == {"include_usage": True, "include_obfuscation": False}
    assert "prompt_tokens" not in text


def test_an_escaped_path_is_matched_decoded_and_sent_as_matched(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    address = urlsplit(relay.base)
    connection = HTTPConnection(str(address.hostname), address.port, timeout=10)
    headers = {"Content-Type": "application/json", "x-goog-api-key": linked.access_token}
    path = "/v1/proxy/passthrough/openai/v1/ch%61t/completions"
    connection.request("POST", path, json.dumps(CHAT), headers)
    assert connection.getresponse().status == 200
    connection.close()
    assert provider.last.target == "/v1/chat/completions"
    assert provider.last.headers["authorization"] == f"Bearer {KEYS['openai']}"
    assert linked.access_token not in str(provider.last.headers)


def test_anthropic_is_metered_by_cumulative_numbers(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    provider.will(stream(*claude_events()))
    sent = {**CLAUDE, "stream": True}
    answer = relay.passthrough(
        linked.access_token, "anthropic", "/v1/messages?beta=true", sent, stream=True,
        anthropic_version="2023-06-01", anthropic_beta="x-1",
    )  # fmt: skip
    assert answer.content.startswith(b"".join(claude_events()))
    assert provider.last.target == "/v1/messages?beta=true"
    assert provider.last.headers["x-api-key"] == KEYS["anthropic"]
    assert (provider.last.headers["anthropic-version"], provider.last.headers["anthropic-beta"]) == ("2023-06-01", "x-1")
    entry = settled(linked.connection.id).entries[0]
    assert (entry.input_tokens, entry.output_tokens, entry.cached_input_tokens) == (35, 9, 5)
    # claude-sonnet-4-5, dollars a million: input 3, cache read 0.30, cache write 3.75, output 15
    assert entry.cost_nanos == 20 * 3000 + 5 * 300 + 10 * 3750 + 9 * 15000


def test_an_anthropic_stream_cut_before_its_last_numbers_is_an_estimate(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    provider.will(stream(*claude_events(complete=False)))
    sent = {**CLAUDE, "stream": True}
    relay.passthrough(linked.access_token, "anthropic", "/v1/messages", sent, stream=True).content  # noqa: B018
    entry = settled(linked.connection.id).entries[0]
    assert (entry.usage_source, entry.input_tokens) == ("estimated", 35)


def test_gemini_is_metered_by_its_last_numbers(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    def chunk(**numbers: int) -> dict[str, Any]:
        return {"candidates": [{"content": {"parts": [{"text": "x"}]}}], "usageMetadata": {"promptTokenCount": 30, **numbers}}

    lines = events(chunk(), chunk(candidatesTokenCount=4), chunk(candidatesTokenCount=6, thoughtsTokenCount=10), done=False)
    provider.will(stream(*lines))
    answer = relay.passthrough(
        linked.access_token, "google", "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", GEMINI, stream=True
    )
    assert answer.content == b"".join(lines)  # Google's Python SDK takes a comment for JSON
    assert provider.last.headers["x-goog-api-key"] == KEYS["google"]
    entry = settled(linked.connection.id).entries[0]
    assert (entry.model, entry.input_tokens, entry.output_tokens) == ("gemini-2.5-flash", 30, 16)
    assert entry.usage_source == "provider_usage"


def test_responses_are_metered(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    used = {"input_tokens": 40, "input_tokens_details": {"cached_tokens": 10}, "output_tokens": 8}
    data: list[dict[str, Any]] = [{"type": "response.created", "response": {"usage": None, "error": None}},
            {"type": "response.output_text.delta", "delta": "Hi"},
            {"type": "response.completed", "response": {"status": "completed", "usage": used}}]  # fmt: skip
    provider.will(stream(*(f"event: {item['type']}\ndata: {json.dumps(item)}\n\n".encode() for item in data)))
    sent = {"model": "gpt-4o-mini", "input": "Hello", "stream": True}
    relay.passthrough(linked.access_token, "openai", "/v1/responses", sent, stream=True).content  # noqa: B018
    entry = settled(linked.connection.id).entries[0]
    assert (entry.input_tokens, entry.cached_input_tokens, entry.output_tokens) == (40, 10, 8)
    assert (entry.usage_source, entry.error_code) == ("provider_usage", "")


def test_embeddings_are_metered(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    provider.will(whole({"data": [], "usage": {"prompt_tokens": 1000, "total_tokens": 1000}}))
    sent = {"model": "text-embedding-3-small", "input": "Hello"}
    assert relay.passthrough(linked.access_token, "openai", "/v1/embeddings", sent).status_code == 200
    found = settled(linked.connection.id)
    assert (found.entries[0].input_tokens, found.spent) == (1000, 1000 * 20)


def test_a_model_list_is_free_and_in_the_ledger(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    provider.will(whole({"object": "list", "data": []}))
    answer = relay.get("/v1/proxy/passthrough/openai/v1/models", linked.access_token)
    assert answer.status_code == 200
    assert answer.headers["X-1Relay-Cost-Micros"] == "0"
    assert (provider.last.method, provider.last.body) == ("GET", b"")
    assert settled(linked.connection.id).spent == 0


def test_an_error_of_the_provider_is_untouched(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    given = b'{"type":"error",  "error":{"type":"overloaded_error","message":"Overloaded"}}'
    provider.will(whole(given, 529, {"retry-after": "3", "x-should-retry": "true", "request-id": "req_up"}))
    answer = relay.passthrough(linked.access_token, "anthropic", "/v1/messages", CLAUDE)
    assert (answer.status_code, answer.content) == (529, given)
    assert (answer.headers["retry-after"], answer.headers["x-should-retry"], answer.headers["request-id"]) == (
        "3", "true", "req_up",
    )  # fmt: skip
    assert "X-1Relay-Error" not in answer.headers
    assert settled(linked.connection.id).spent == 0


def test_a_redirect_is_not_followed(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    provider.will(whole({}, 302, {"location": f"{provider.base}/elsewhere"}))
    answer = relay.passthrough(linked.access_token, "openai", "/v1/chat/completions", CHAT)
    assert (answer.status_code, "location" in answer.headers) == (302, False)
    assert len(provider.received) == 1


def test_a_stream_cut_by_the_provider_is_cut_for_the_client(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    provider.will(stream(*events(chat_chunk("one"), done=False), 0.05, RESET))
    answer = relay.passthrough(linked.access_token, "openai", "/v1/chat/completions", {**CHAT, "stream": True}, stream=True)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        answer.content  # noqa: B018
    entry = settled(linked.connection.id).entries[0]
    assert (entry.usage_source, entry.error_code) == ("estimated", "provider_unreachable")


def test_an_error_inside_a_stream_is_booked_as_one(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    given = f"event: error\ndata: {json.dumps(error)}\n\n".encode()
    provider.will(stream(given))
    sent = {**CLAUDE, "stream": True}
    answer = relay.passthrough(linked.access_token, "anthropic", "/v1/messages", sent, stream=True)
    assert answer.content.startswith(given)
    found = settled(linked.connection.id)
    assert (found.entries[0].error_code, found.spent) == ("provider_error", 0)


@pytest.mark.parametrize("cut_at", [1, 7, 20])
def test_an_echoed_key_is_never_seen(relay: Relay, linked: Linked, provider: FakeProvider, cut_at: int) -> None:
    key = KEYS["openai"].encode()
    body = json.dumps(chat_answer(text=f"key {key.decode()} end")).encode()
    provider.will(whole(body, headers={"x-ratelimit-echo": ECHO_CREDENTIAL}))
    answer = relay.passthrough(linked.access_token, "openai", "/v1/chat/completions", CHAT)
    assert key not in answer.content
    assert answer.content == body.replace(key, b"*" * len(key))
    assert key.decode() not in str(answer.headers)
    event = b'data: {"choices":[{"delta":{"content":"' + key + b' and on"}}]}\n\n'
    place = event.index(key) + cut_at
    provider.will(stream(event[:place], 0.02, event[place:], *events(usage_chunk(1, 1))))
    sent = {**CHAT, "stream": True, "stream_options": {"include_usage": True}}
    text = relay.passthrough(linked.access_token, "openai", "/v1/chat/completions", sent, stream=True).content
    assert text.startswith(event.replace(key, b"*" * len(key)))


def test_an_answer_that_comes_compressed_is_not_passed(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    provider.will(whole(b"\x1f\x8b...", headers={"content-encoding": "gzip"}))
    answer = relay.passthrough(linked.access_token, "openai", "/v1/chat/completions", CHAT)
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "provider_unreachable")
    assert settled(linked.connection.id).entries[0].usage_source == "estimated"


def test_errors_bear_what_each_sdk_reads(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    for known in registry.providers():
        path = next(call.path for call in known.calls if call.method == "POST").replace("{model}", "m")
        answer = relay.passthrough("1r_at_" + "0" * 49, known.id, path, {})
        assert answer.status_code == 401
        body = answer.json()
        # Google's own errors have the HTTP status in `code`, and its SDKs know no error without (docs/decisions/0006)
        assert (body["success"], body["error"]["code"]) == (False, 401 if known.dialect == "google" else "invalid_token")
        assert answer.headers["X-1Relay-Error"] == "invalid_token"
        if known.dialect == "openai":
            assert body["error"]["type"] == "invalid_token"
        if known.dialect == "anthropic":
            assert (body["type"], body["error"]["type"]) == ("error", "invalid_token")
            assert body["request_id"] == answer.headers["X-Request-Id"]
        if known.dialect == "google":
            assert (body["error"]["status"], body["error"]["details"]) == ("invalid_token", [])
    assert provider.received == []


def test_usage_of_a_cached_prompt_costs_less(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    provider.will(whole(chat_answer() | {"usage": usage(1000, 100, cached=400)}))
    relay.passthrough(linked.access_token, "openai", "/v1/chat/completions", CHAT)
    # gpt-4o-mini, dollars a million: input 0.15, cached 0.075, output 0.60
    assert settled(linked.connection.id).spent == 600 * 150 + 400 * 75 + 100 * 600


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"status": "revoked"}, 401, "connection_revoked"),
        ({"status": "expired"}, 401, "connection_expired"),
        ({"status": "paused"}, 403, "connection_paused"),
        ({"status": "pending"}, 401, "invalid_token"),
        ({"allowed_models": ["gpt-4o"]}, 403, "model_not_granted"),
    ],
)
def test_the_connections_state_decides(
    relay: Relay, linked: Linked, provider: FakeProvider, change: dict[str, Any], status: int, code: str
) -> None:
    type(linked.connection).objects.filter(id=linked.connection.id).update(**change)
    answer = relay.passthrough(linked.access_token, "openai", "/v1/chat/completions", CHAT)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.headers["X-Should-Retry"] == "false"
    assert provider.received == []
    assert money(linked.connection.id).held == 0


def test_a_provider_that_was_not_approved(relay: Relay, provider: FakeProvider) -> None:
    linked = make_connection(keys={"groq": KEYS["groq"]})
    answer = relay.passthrough(linked.access_token, "openai", "/v1/chat/completions", CHAT)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "provider_not_granted")
    assert provider.received == []
