"""The sandbox: a provider of its own, in OpenAI's dialect, with failures chosen by the key."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from linkflow.models import SealedKey
from proxy.sandbox import answers, words
from tests.factories import Linked, make_connection
from tests.proxy.conftest import Relay, settled

ASK: dict[str, Any] = {"model": "sandbox-small", "messages": [{"role": "user", "content": "Why is the sky blue?"}]}
PATH = "/v1/chat/completions"


def test_the_same_prompt_gets_the_same_words_and_another_others(relay: Relay, linked: Linked) -> None:
    def ask(**more: Any) -> str:
        answer = relay.passthrough(linked.access_token, "sandbox", PATH, {**ASK, **more})
        return str(answer.json()["choices"][0]["message"]["content"])

    assert ask() == ask()
    assert "Why is the sky blue?" in ask()
    assert ask() != ask(model="sandbox-large")
    assert ask() != ask(messages=[{"role": "user", "content": "And the sea?"}])


def test_a_stream_says_the_same_as_the_whole_answer(relay: Relay, linked: Linked) -> None:
    whole = relay.passthrough(linked.access_token, "sandbox", PATH, ASK).json()
    streamed = {**ASK, "stream": True, "stream_options": {"include_usage": True}}
    text = relay.passthrough(linked.access_token, "sandbox", PATH, streamed, stream=True).content.decode()
    chunks = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
    said = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks if chunk["choices"])
    assert said == whole["choices"][0]["message"]["content"]
    assert chunks[-1]["usage"] == whole["usage"]


def test_limits_and_choices_are_honoured(relay: Relay, linked: Linked) -> None:
    body = relay.passthrough(linked.access_token, "sandbox", PATH, {**ASK, "max_tokens": 3, "n": 2}).json()
    assert [choice["finish_reason"] for choice in body["choices"]] == ["length", "length"]
    assert body["usage"]["completion_tokens"] == 6
    assert settled(linked.connection.id).entries[0].output_tokens == 6


def test_counting_never_finds_more_tokens_than_bytes() -> None:
    for text in ("Hello, world!", "  two  spaces", "你好 — ça va?", "a_b", "\n\n\t", ""):
        assert "".join(words.tokens(text)) == text
        assert len(words.tokens(text)) <= len(text.encode())


@pytest.mark.parametrize(
    ("key", "status", "code", "attention"),
    [
        ("invalid", 401, "invalid_api_key", "key_invalid"),
        ("quota", 429, "insufficient_quota", "key_quota_exhausted"),
        ("rate-limited", 429, "rate_limit_exceeded", None),
        ("server-error", 500, None, None),
        ("nonsense", 401, "invalid_api_key", "key_invalid"),
    ],
)
def test_the_key_chooses_the_failure(relay: Relay, key: str, status: int, code: str | None, attention: str | None) -> None:
    linked = make_connection(keys={"sandbox": "sandbox-key-" + key})
    answer = relay.passthrough(linked.access_token, "sandbox", PATH, ASK)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert ("Retry-After" in answer.headers) is (status == 429)
    assert SealedKey.objects.get(connection=linked.connection).attention_code == attention
    assert settled(linked.connection.id).spent == 0


def test_a_slow_key_drips(relay: Relay) -> None:
    linked = make_connection(keys={"sandbox": "sandbox-key-" + "slow"})
    answer = relay.chat(linked.access_token, {"provider": "sandbox", **ASK, "stream": True, "max_tokens": 2}, stream=True)
    began = time.monotonic()
    assert b"[DONE]" in answer.content
    assert time.monotonic() - began > 1.0


def test_models_and_embeddings(relay: Relay, linked: Linked) -> None:
    listed = relay.get("/v1/proxy/passthrough/sandbox/v1/models", linked.access_token).json()
    assert [model["id"] for model in listed["data"]] == list(answers.MODELS)
    one = relay.get("/v1/proxy/passthrough/sandbox/v1/models/sandbox-large", linked.access_token)
    assert one.json()["id"] == "sandbox-large"
    assert relay.get("/v1/proxy/passthrough/sandbox/v1/models/none", linked.access_token).status_code == 404
    body = {"model": "sandbox-small", "input": ["one two", "three"]}
    embedded = relay.passthrough(linked.access_token, "sandbox", "/v1/embeddings", body).json()
    assert [len(item["embedding"]) for item in embedded["data"]] == [words.EMBEDDING_DIMENSIONS] * 2
    assert embedded["usage"]["prompt_tokens"] == 3
    assert settled(linked.connection.id, 4).spent == 3 * 30_000


@pytest.mark.parametrize("change", [{"messages": []}, {"messages": "hi"}, {"max_tokens": 0}, {"n": 99}, {"model": "gpt-4o"}])
def test_it_refuses_what_openai_refuses(change: dict[str, Any]) -> None:
    with pytest.raises(answers.Refused) as refused:
        answers.complete({**ASK, **change})
    assert refused.value.status in {400, 404}
    assert set(refused.value.body["error"]) == {"message", "type", "param", "code"}
