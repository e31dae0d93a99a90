"""POST /v1/proxy/chat/completions: OpenAI's format for every provider that speaks it, in the envelope."""

from __future__ import annotations

import json

import pytest

from tests.factories import Linked, make_connection
from tests.fake_provider import RESET, FakeProvider, chat_answer, chat_chunk, chat_stream, events, stream, usage, whole
from tests.proxy.conftest import KEYS, Relay, settled

HELLO = [{"role": "user", "content": "Hello"}]


def test_it_works_with_the_sandbox(relay: Relay, linked: Linked) -> None:
    answer = relay.chat(linked.access_token, {"provider": "sandbox", "model": "sandbox-small", "messages": HELLO})
    assert answer.status_code == 200
    body = answer.json()
    assert body["success"] is True
    assert "Hello" in body["data"]["choices"][0]["message"]["content"]
    found = settled(linked.connection.id)
    used = body["data"]["usage"]
    assert found.spent == used["prompt_tokens"] * 30_000 + used["completion_tokens"] * 120_000
    assert answer.headers["X-1Relay-Cost-Micros"] == str(-(-found.spent // 1000))
    assert answer.headers["X-1Relay-Budget-Remaining-Micros"] == str((10 * 10**9 - found.spent) // 1000)
    entry = found.entries[0]
    assert (entry.provider, entry.model, entry.door, entry.http_status) == ("sandbox", "sandbox-small", "chat", 200)
    assert entry.usage_source == "provider_usage"
    assert entry.input_tokens == used["prompt_tokens"]
    assert entry.request_id == answer.headers["X-Request-Id"]


def test_it_streams_and_ends_with_cost_and_remaining(relay: Relay, linked: Linked) -> None:
    body = {"provider": "sandbox", "model": "sandbox-small", "messages": HELLO, "stream": True}
    answer = relay.chat(linked.access_token, body, stream=True)
    assert answer.headers["content-type"].startswith("text/event-stream")
    text = answer.content.decode()
    *data, done = [line[6:] for line in text.split("\n") if line.startswith("data: ")]
    assert done == "[DONE]"
    chunks = [json.loads(line) for line in data]
    assert all(chunk["object"] == "chat.completion.chunk" and chunk["choices"] for chunk in chunks)
    found = settled(linked.connection.id)
    assert found.entries[0].usage_source == "provider_usage"
    remaining = (10 * 10**9 - found.spent) // 1000
    assert text.endswith(f": 1relay cost-micros={-(-found.spent // 1000)} budget-remaining-micros={remaining}\n\n")


def test_a_caller_who_asked_for_usage_keeps_its_chunk(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    provider.will(chat_stream("a", "b", prompt=7, completion=2))
    body = {"provider": "openai", "model": "gpt-4o-mini", "messages": HELLO, "stream": True}
    kept = relay.chat(linked.access_token, {**body, "stream_options": {"include_usage": True}}, stream=True).text
    assert '"prompt_tokens": 7' in kept
    dropped = relay.chat(linked.access_token, body, stream=True).text
    assert '"prompt_tokens"' not in dropped
    assert provider.last.json["stream_options"] == {"include_usage": True}
    found = settled(linked.connection.id, 2)
    assert [entry.input_tokens for entry in found.entries] == [7, 7]


def test_the_providers_member_and_our_token_stay_here(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    sent = {"provider": "openai", "model": "gpt-4o-mini", "messages": HELLO, "temperature": 0.5}
    relay.chat(linked.access_token, sent, Cookie="a=b", X_Forwarded_For="1.2.3.4", OpenAI_Organization="org-1")
    assert provider.last.json == {name: value for name, value in sent.items() if name != "provider"}
    assert provider.last.headers["authorization"] == f"Bearer {KEYS['openai']}"
    assert set(provider.last.headers) == {
        "host", "accept", "accept-encoding", "user-agent", "content-type", "content-length", "authorization",
    }  # fmt: skip
    assert provider.last.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"provider": None}, "provider"),
        ({"model": 5}, "model"),
        ({"model": "a b"}, "model"),
        ({"stream": "yes"}, "stream"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"max_completion_tokens": "5"}, "max_completion_tokens"),
        ({"n": 0}, "n"),
        ({"n": 1000}, "n"),
    ],
)
def test_it_names_the_wrong_member(relay: Relay, linked: Linked, change: dict[str, object], field: str) -> None:
    body = {"provider": "sandbox", "model": "sandbox-small", "messages": HELLO, **change}
    answer = relay.chat(linked.access_token, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")
    assert field in answer.json()["error"]["details"]["fields"]


def test_an_unknown_provider_is_unsupported(relay: Relay, linked: Linked) -> None:
    answer = relay.chat(linked.access_token, {"provider": "acme", "model": "m", "messages": HELLO})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unsupported_provider")


def test_the_providers_own_error_is_passed_with_its_status(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    error = {"error": {"message": "Too fast.", "type": "requests", "param": None, "code": "rate_limit_exceeded"}}
    provider.will(whole(error, 429, {"retry-after": "7", "x-ratelimit-limit-requests": "3", "set-cookie": "a=b"}))
    answer = relay.chat(linked.access_token, {"provider": "openai", "model": "gpt-4o-mini", "messages": HELLO})
    assert answer.status_code == 429
    assert answer.json() == error
    assert answer.headers["X-1Relay-Provider-Error"] == "openai"
    assert "X-1Relay-Error" not in answer.headers
    assert (answer.headers["Retry-After"], answer.headers["x-ratelimit-limit-requests"]) == ("7", "3")
    assert "Set-Cookie" not in answer.headers
    found = settled(linked.connection.id)
    assert (found.spent, found.entries[0].http_status, found.entries[0].error_code) == (0, 429, "provider_429")


def test_a_providers_error_that_is_not_json_becomes_json(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    provider.will(whole(b"<html>Bad gateway</html>", 502, {"content-type": "text/html"}))
    answer = relay.chat(linked.access_token, {"provider": "openai", "model": "gpt-4o-mini", "messages": HELLO})
    assert answer.status_code == 502
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["error"]["type"] == "provider_error"


def test_a_cut_stream_ends_with_an_error_event_and_is_booked(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    provider.will(stream(*events(chat_chunk("one"), chat_chunk("two"), done=False), b'data: {"id": "half', 0.05, RESET))
    body = {"provider": "openai", "model": "gpt-4o-mini", "messages": HELLO, "stream": True}
    answer = relay.chat(linked.access_token, body, stream=True)
    text = answer.content.decode()
    assert "half" not in text
    event, data = text.split("\n\n")[2].split("\n")
    assert event == "event: error"
    failure = json.loads(data.removeprefix("data: "))
    assert failure["success"] is False
    assert failure["error"]["code"] == "provider_unreachable"
    assert failure["error"]["requestId"] == answer.headers["X-Request-Id"]
    found = settled(linked.connection.id)
    entry = found.entries[0]
    assert (entry.usage_source, entry.error_code, entry.http_status) == ("estimated", "provider_unreachable", 200)
    assert entry.cost_nanos > 0
    assert entry.output_tokens >= 2


def test_the_sandboxes_cut_key_cuts_for_real(relay: Relay) -> None:
    linked = make_connection(keys={"sandbox": "sandbox-key-" + "cut"})
    body = {"provider": "sandbox", "model": "sandbox-small", "messages": HELLO}
    streamed = relay.chat(linked.access_token, {**body, "stream": True}, stream=True).content.decode()
    assert "[DONE]" not in streamed
    assert "event: error\n" in streamed
    answer = relay.chat(linked.access_token, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "provider_unreachable")
    found = settled(linked.connection.id, 2)
    assert [entry.usage_source for entry in found.entries] == ["estimated", "estimated"]


def test_groq_is_metered_without_being_asked(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    last = {"id": "1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "x_groq": {"usage": usage(11, 3)}}
    provider.will(stream(*events(chat_chunk("a") | {"x_groq": {"id": "req_1"}}, last)))
    body = {"provider": "groq", "model": "llama-3.1-8b-instant", "messages": HELLO, "stream": True}
    text = relay.chat(linked.access_token, body, stream=True).text
    assert "stream_options" not in provider.last.json
    assert '"x_groq"' in text
    entry = settled(linked.connection.id).entries[0]
    assert (entry.input_tokens, entry.output_tokens, entry.usage_source) == (11, 3, "provider_usage")


def test_an_unpriced_model_is_refused_and_nothing_is_sent(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    answer = relay.chat(linked.access_token, {"provider": "openai", "model": "no-such-model", "messages": HELLO})
    assert (answer.status_code, answer.json()["error"]["code"]) == (402, "model_not_priced")
    assert provider.received == []


def test_an_allowed_unpriced_model_is_booked_at_the_dearest_rate(relay: Relay, provider: FakeProvider) -> None:
    linked = make_connection(keys=KEYS, budget_cents=100_000, allow_unpriced=True)
    provider.will(whole(chat_answer(1000, 1000)))
    body = {"provider": "openai", "model": "no-such-model", "messages": HELLO, "max_tokens": 1000}
    assert relay.chat(linked.access_token, body).status_code == 200
    assert settled(linked.connection.id).spent >= 1000 * 10_000  # no model is cheaper than ten dollars a million here
