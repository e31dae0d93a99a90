"""/v1/openai: any OpenAI client becomes a client of every granted provider; and the official SDK at both doors."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from tests.factories import Linked, make_connection
from tests.fake_provider import RESET, FakeProvider, chat_answer, chat_chunk, chat_stream, events, stream, whole
from tests.proxy.conftest import KEYS, Relay, money, settled

HELLO: Any = [{"role": "user", "content": "Hello"}]
MODELS = {"object": "list", "data": [{"id": "m-1", "object": "model"}, {"id": "m-2", "object": "model"}]}


def sdk(relay: Relay, token: str, path: str = "/v1/proxy/passthrough/openai/v1") -> openai.OpenAI:
    """The official client: base URL and key changed, nothing else."""
    return openai.OpenAI(base_url=relay.base + path, api_key=token)


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/v1/proxy/passthrough/openai/v1", "gpt-4o-mini"),
        ("/v1/proxy/passthrough/sandbox/v1", "sandbox-small"),
        ("/v1/openai", "openai/gpt-4o-mini"),
        ("/v1/openai", "sandbox/sandbox-small"),
    ],
)
def test_the_official_sdk_completes_and_streams(relay: Relay, linked: Linked, provider: FakeProvider, path: str, model: str) -> None:
    provider.will(whole(chat_answer(text="Hello there.")), chat_stream("Hel", "lo."))
    with sdk(relay, linked.access_token, path) as client:
        done = client.chat.completions.create(model=model, messages=HELLO)
        assert "Hello" in str(done.choices[0].message.content)
        assert done.usage is not None
        chunks = list(client.chat.completions.create(model=model, messages=HELLO, stream=True))
        assert all(chunk.choices and chunk.usage is None for chunk in chunks)
        assert "Hello" in "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    found = settled(linked.connection.id, 2)
    assert [entry.usage_source for entry in found.entries] == ["provider_usage"] * 2


def test_the_official_sdk_responds_embeds_and_lists(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    answer = {
        "id": "resp_1", "object": "response", "created_at": 1, "model": "gpt-4o-mini", "status": "completed",
        "output": [{"type": "message", "id": "m", "role": "assistant", "status": "completed",
                    "content": [{"type": "output_text", "text": "Hi", "annotations": []}]}],
        "usage": {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7},
    }  # fmt: skip
    provider.will(whole(answer), whole({"object": "list", "data": [], "usage": {"prompt_tokens": 3}}), whole(MODELS))
    with sdk(relay, linked.access_token) as client:
        assert client.responses.create(model="gpt-4o-mini", input="Hello").output_text == "Hi"
        client.embeddings.create(model="text-embedding-3-small", input="Hello", encoding_format="float")
        assert [model.id for model in client.models.list()] == ["m-1", "m-2"]
    assert [entry.input_tokens for entry in settled(linked.connection.id, 3).entries] == [5, 3, 0]


def test_the_official_sdk_raises_our_refusals_once(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    type(linked.connection).objects.filter(id=linked.connection.id).update(status="revoked")
    for path, model in (("/v1/proxy/passthrough/openai/v1", "gpt-4o-mini"), ("/v1/openai", "openai/gpt-4o-mini")):
        with sdk(relay, linked.access_token, path) as client, pytest.raises(openai.AuthenticationError) as raised:
            client.chat.completions.create(model=model, messages=HELLO)
        assert raised.value.code == "connection_revoked"
        assert "connect again" in str(raised.value)
        assert raised.value.request_id
    assert provider.received == []


def test_the_official_sdk_does_not_retry_a_used_up_budget(relay: Relay, provider: FakeProvider) -> None:
    linked = make_connection(keys=KEYS, budget_cents=0)
    with sdk(relay, linked.access_token) as client, pytest.raises(openai.APIStatusError) as raised:
        client.chat.completions.create(model="gpt-4o-mini", messages=HELLO)
    assert (raised.value.status_code, raised.value.code) == (402, "budget_exceeded")
    assert provider.received == []
    assert money(linked.connection.id).held == 0


def test_the_official_sdk_raises_the_providers_errors(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    error = {"error": {"message": "No such model", "type": "invalid_request_error", "code": "model_not_found"}}
    provider.will(whole(error, 404))
    for path, model in (("/v1/proxy/passthrough/openai/v1", "gpt-4o-mini"), ("/v1/openai", "openai/gpt-4o-mini")):
        with sdk(relay, linked.access_token, path) as client, pytest.raises(openai.NotFoundError) as raised:
            client.chat.completions.create(model=model, messages=HELLO)
        assert raised.value.code == "model_not_found"


def test_the_official_sdk_raises_a_cut_stream(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    provider.will(stream(*events(chat_chunk("a"), done=False), 0.05, RESET))
    with sdk(relay, linked.access_token, "/v1/openai") as client, pytest.raises(openai.APIError) as raised:
        list(client.chat.completions.create(model="openai/gpt-4o-mini", messages=HELLO, stream=True))
    assert "could not be reached" in str(raised.value)
    with sdk(relay, linked.access_token) as client, pytest.raises(openai.APIConnectionError):
        list(client.chat.completions.create(model="gpt-4o-mini", messages=HELLO, stream=True))
    settled(linked.connection.id, 2)


def test_errors_have_openais_shape_and_no_more(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    answer = relay.post("/v1/openai/chat/completions", linked.access_token, {"model": "gpt-4o", "messages": HELLO})
    assert answer.status_code == 400
    assert set(answer.json()) == {"error"}
    assert answer.json()["error"]["code"] == "invalid_request"
    assert answer.json()["error"]["type"] == "relay_error"
    unknown = relay.post("/v1/openai/chat/completions", linked.access_token, {"model": "acme/x", "messages": HELLO})
    assert unknown.json()["error"]["code"] == "unsupported_provider"
    assert provider.received == []


def test_models_of_every_granted_provider_that_chats(relay: Relay, provider: FakeProvider) -> None:
    linked = make_connection(keys={name: KEYS[name] for name in ("openai", "google", "sandbox")})
    provider.will(whole(MODELS), whole({"models": [{"name": "models/gemini-2.5-pro", "displayName": "Gemini 2.5 Pro"}]}))
    listed = relay.get("/v1/openai/models", linked.access_token).json()["data"]
    assert [model["id"] for model in listed] == [
        "openai/m-1", "openai/m-2", "google/gemini-2.5-pro", "sandbox/sandbox-small", "sandbox/sandbox-large",
    ]  # fmt: skip
    assert listed[2]["object"] == "model"
    assert [call.target for call in provider.received] == ["/v1/models", "/v1beta/models?pageSize=1000"]
    assert settled(linked.connection.id, 3).spent == 0


def test_models_are_those_the_user_allowed(relay: Relay, provider: FakeProvider) -> None:
    linked = make_connection(keys=KEYS, allowed_models=["m-2", "sandbox/sandbox-small"])
    provider.will(whole(MODELS))
    answer = relay.get("/v1/openai/models", linked.access_token)
    assert [model["id"] for model in answer.json()["data"]] == [
        "openai/m-2", "anthropic/m-2", "groq/m-2", "sandbox/sandbox-small",
    ]  # fmt: skip


def test_a_provider_in_trouble_is_left_out_of_the_list(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    provider.will(whole({"error": {"message": "down"}}, 500))
    answer = relay.get("/v1/openai/models", linked.access_token)
    assert [model["id"] for model in answer.json()["data"]] == ["sandbox/sandbox-small", "sandbox/sandbox-large"]
    alone = make_connection(keys={"openai": KEYS["openai"]})
    failed = relay.get("/v1/openai/models", alone.access_token)
    assert (failed.status_code, failed.json()["error"]["message"]) == (500, "down")


def test_anthropics_models_are_listed_in_openais_shape(relay: Relay, provider: FakeProvider) -> None:
    """Its list (platform.claude.com/docs/en/api/models-list, stored copy read 2026-11-23) comes in pages of 20 by itself."""
    linked = make_connection(keys={"anthropic": KEYS["anthropic"]})
    model = {"type": "model", "id": "claude-sonnet-4-6", "display_name": "Claude Sonnet 4.6", "created_at": "2026-02-17T00:00:00Z"}
    provider.will(whole({"data": [model], "has_more": False, "first_id": "claude-sonnet-4-6", "last_id": "claude-sonnet-4-6"}))
    listed = relay.get("/v1/openai/models", linked.access_token).json()["data"]
    assert [(entry["id"], entry["object"], entry["owned_by"]) for entry in listed] == [
        ("anthropic/claude-sonnet-4-6", "model", "anthropic")
    ]
    assert provider.last.target == "/v1/models?limit=1000"
    assert provider.last.headers["anthropic-version"] == "2023-06-01"
