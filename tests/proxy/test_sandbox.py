"""The sandbox: a provider of its own, in OpenAI's dialect, with failures chosen by the key."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from linkflow.models import SealedKey
from proxy.sandbox import answers, words
from relay.providers.sandbox_outcomes import Outcome, outcome_of, outcomes
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


ATTENTION = {"invalid": "key_invalid", "quota": "key_quota_exhausted"}
REFUSALS = [outcome for outcome in outcomes().values() if outcome.answer]


@pytest.mark.parametrize("outcome", REFUSALS, ids=lambda outcome: outcome.name)
def test_the_key_chooses_the_failure(relay: Relay, outcome: Outcome) -> None:
    assert outcome.answer
    linked = make_connection(keys={"sandbox": outcome.key})
    answer = relay.passthrough(linked.access_token, "sandbox", PATH, ASK)
    assert (answer.status_code, answer.json()["error"]["code"]) == (outcome.answer["status"], outcome.answer["code"])
    assert ("Retry-After" in answer.headers) is (answer.status_code in {429, 503})
    assert SealedKey.objects.get(connection=linked.connection).attention_code == ATTENTION.get(outcome.name)
    assert settled(linked.connection.id).spent == 0


def test_a_key_dies_when_it_says_and_an_unknown_one_is_wrong(relay: Relay) -> None:
    dies = outcomes()["dies"]
    assert outcome_of(dies.key_until(1_000_000_001), 1_000_000_000).name == "works"
    assert outcome_of(dies.key_until(1_000_000_001), 1_000_000_001).name == "invalid"
    for other in ("sandbox-key-" + "nonsense", dies.key, dies.key_until(12), dies.key_until(-10_000_000_0), ""):
        assert outcome_of(other, 0).name == "invalid"
    alive, dead = (make_connection(keys={"sandbox": dies.key_until(end)}) for end in (4_000_000_000, 1_000_000_001))
    assert relay.passthrough(alive.access_token, "sandbox", PATH, ASK).status_code == 200
    assert relay.passthrough(dead.access_token, "sandbox", PATH, ASK).status_code == 401
    assert SealedKey.objects.get(connection=dead.connection).attention_code == "key_invalid"


def test_connections_break_before_the_answer_or_in_it(relay: Relay) -> None:
    linked = make_connection(keys={"sandbox": outcomes()["unreachable"].key})
    lost = relay.chat(linked.access_token, {"provider": "sandbox", **ASK})
    assert (lost.status_code, lost.json()["error"]["code"]) == (502, "provider_unreachable")
    linked = make_connection(keys={"sandbox": outcomes()["cut"].key})
    broken = relay.chat(linked.access_token, {"provider": "sandbox", **ASK, "stream": True})
    assert "provider_unreachable" in broken.text
    assert "[DONE]" not in broken.text
    linked = make_connection(keys={"sandbox": outcomes()["stream-error"].key})
    told = relay.passthrough(linked.access_token, "sandbox", PATH, {**ASK, "stream": True})
    assert told.status_code == 200
    events = [line for line in told.text.splitlines() if line.startswith("data: ")]
    assert '"server_error"' in events[-1]
    assert len(events) > 2
    assert relay.passthrough(linked.access_token, "sandbox", PATH, ASK).status_code == 500


def test_one_cent_is_spent_after_a_few_calls(relay: Relay) -> None:
    outcome = outcomes()["budget"]
    linked = make_connection(keys={"sandbox": outcome.key}, budget_cents=outcome.budget_cents or 0)
    answers_ = [relay.chat(linked.access_token, {"provider": "sandbox", **ASK}) for _ in range(10)]
    codes = [answer.json().get("error", {}).get("code") for answer in answers_]
    assert codes[0] is None
    assert codes[-1] == "budget_exceeded"


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
