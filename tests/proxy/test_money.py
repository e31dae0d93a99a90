"""Budgets end to end: never above, none refused that fits, nothing left held, and every call the provider counted booked."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from django.db import connections

from tests.factories import Linked, make_connection
from tests.fake_provider import RESET, Answer, FakeProvider, Received, chat_answer, chat_chunk, events, stream, usage_chunk, whole
from tests.proxy.conftest import KEYS, Relay, money, settled, wait_for
from usage.models import Hold, LedgerEntry, Window

HELLO = [{"role": "user", "content": "Hello"}]
CALLS = 100
CENT = 10_000_000


def spends_it_all(received: Received) -> Answer:
    """An answer that writes all it was allowed to."""
    body = received.json
    limit = body.get("max_completion_tokens") or body.get("max_tokens") or 16_384
    if body.get("stream"):
        return stream(*events(chat_chunk("x"), usage_chunk(len(received.body), limit)))
    return whole(chat_answer(len(received.body), limit), wait_seconds=0.05)


def misbehaves(received: Received) -> Answer:
    """Any of the ways an answer can go."""
    body = received.json
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    if not body.get("stream"):
        cut = Answer((b'{"id":', RESET), length=100)
        return random.choice([whole(chat_answer(30, limit), wait_seconds=0.1), whole({"error": {}}, 500), cut])
    chunks = events(*(chat_chunk(str(number)) for number in range(8)), usage_chunk(30, 8))
    paced = [piece for chunk in chunks for piece in (chunk, 0.02)]
    return random.choice([stream(*paced), stream(*paced[:7], RESET), stream(*paced, wait_seconds=0.1)])


def body(door: str, *, limit: int | None, streams: bool) -> dict[str, Any]:
    """A chat request for gpt-4o: 2.50 dollars a million in, 10 out."""
    provider = {"provider": "openai"} if door == "chat" else {}
    return provider | {"model": "gpt-4o", "messages": HELLO, "stream": streams} | ({"max_tokens": limit} if limit else {})


def ask(relay: Relay, token: str, door: str, *, limit: int | None, streams: bool, leaves: bool = False) -> tuple[int, str]:
    """One call, whose client may leave in the middle; its status and error code."""
    path = "/v1/proxy/chat/completions" if door == "chat" else "/v1/proxy/passthrough/openai/v1/chat/completions"
    sent = body(door, limit=limit, streams=streams)
    try:
        if leaves and not streams:
            requests.post(relay.base + path, json=sent, headers={"Authorization": f"Bearer {token}"}, timeout=0.05)
        answer = relay.post(path, token, sent, stream=True)
        if leaves:
            next(answer.iter_content(10), None)
            answer.close()
            return answer.status_code, "left"
        error = {} if streams and answer.status_code == 200 else answer.json().get("error", {})
        answer.content  # noqa: B018
        return answer.status_code, str(error.get("code", ""))
    except (requests.RequestException, ValueError):
        return 0, "broken off"


@contextmanager
def watched(linked: Linked) -> Iterator[list[tuple[int, int]]]:
    """Look at the window all the while; every pair (spent + held, limit) that was ever committed must hold."""
    seen: list[tuple[int, int]] = []
    done = threading.Event()

    def look() -> None:
        try:
            while not done.wait(0.01):
                month = Window.objects.get(subject_id=linked.connection.id, kind=Window.MONTH)
                seen.append((month.spent_nanos + month.held_nanos, month.limit_nanos or 0))
        finally:
            connections.close_all()

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


def in_parallel(calls: list[dict[str, Any]], relay: Relay, token: str) -> list[tuple[int, str]]:
    """All calls at once."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda call: ask(relay, token, **call), calls))


def test_a_hundred_calls_at_a_budget_worth_ten(relay: Relay, provider: FakeProvider) -> None:
    linked = make_connection(keys=KEYS, budget_cents=10)
    provider.will(spends_it_all)
    # the worst case of one call is a little above a cent: 1,000 tokens out at 10 dollars a million, and some input
    calls = [{"door": random.choice(["chat", "passthrough"]), "limit": 1000, "streams": number % 2 == 0} for number in range(CALLS)]
    with watched(linked) as seen:
        answers = Counter(in_parallel(calls, relay, linked.access_token))
        found = settled(linked.connection.id, len(provider.received))
    assert seen
    assert all(used <= limit == 10 * CENT for used, limit in seen)
    assert found.spent <= 10 * CENT
    assert set(answers) == {(200, ""), (402, "budget_exceeded")}
    assert len(provider.received) == len(found.entries) == answers[(200, "")]
    assert len(found.entries) >= 9, "ten fit, and the last of them with a lowered limit"
    assert found.spent >= 9 * CENT


@pytest.mark.parametrize("streams", [False, True])
def test_a_hundred_calls_at_an_ample_budget(relay: Relay, provider: FakeProvider, streams: bool) -> None:
    linked = make_connection(keys=KEYS, budget_cents=100_000)
    provider.will(spends_it_all)
    calls = [{"door": random.choice(["chat", "passthrough"]), "limit": 50, "streams": streams} for _ in range(CALLS)]
    answers = Counter(in_parallel(calls, relay, linked.access_token))
    assert answers == {(200, ""): CALLS}
    found = settled(linked.connection.id, CALLS)
    assert len(provider.received) == len(found.entries) == CALLS
    assert found.spent == sum(2500 * len(call.body) + 10_000 * 50 for call in provider.received)


def test_whatever_happens_to_calls_their_money_is_settled(relay: Relay, provider: FakeProvider) -> None:
    linked = make_connection(keys=KEYS, budget_cents=50)
    provider.will(misbehaves)
    calls = [
        {
            "door": random.choice(["chat", "passthrough"]),
            "limit": random.choice([20, 500]),
            "streams": random.random() < 0.7,
            "leaves": random.random() < 0.4,
        }
        for _ in range(CALLS)
    ]
    with watched(linked) as seen:
        in_parallel(calls, relay, linked.access_token)
        wait_for(lambda: not Hold.objects.exists(), 10)
        found = settled(linked.connection.id, len(provider.received))
    assert all(used <= limit for used, limit in seen)
    # a client that left while connecting may be booked though its request never arrived: never the other way round
    assert len(provider.received) <= len(found.entries) <= CALLS + 50
    assert len({entry.hold_id for entry in found.entries}) == len(found.entries)
    assert found.spent <= 50 * CENT


def test_a_limit_is_lowered_to_what_the_budget_affords(relay: Relay, provider: FakeProvider) -> None:
    linked = make_connection(keys=KEYS, budget_cents=1)
    provider.will(spends_it_all)
    cases = [("chat", 5000, "max_tokens"), ("passthrough", None, "max_completion_tokens")]
    for door, limit, member in cases:
        sent = body(door, limit=limit, streams=False)
        path = "/v1/proxy/chat/completions" if door == "chat" else "/v1/proxy/passthrough/openai/v1/chat/completions"
        answer = relay.post(path, linked.access_token, sent)
        if answer.status_code == 402:
            break
        lowered = int(answer.headers["X-1Relay-Output-Limited"])
        assert provider.last.json[member] == lowered < (limit or 16_384)
        settled(linked.connection.id, len(provider.received))
    found = money(linked.connection.id)
    assert found.spent <= CENT
    assert len(found.entries) >= 1


def test_a_limit_that_fits_is_left_alone(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    answer = relay.passthrough(linked.access_token, "openai", "/v1/chat/completions", body("passthrough", limit=50, streams=False))
    assert "X-1Relay-Output-Limited" not in answer.headers
    assert provider.last.json["max_tokens"] == 50


def test_choices_multiply_the_worst_case(relay: Relay, provider: FakeProvider) -> None:
    linked = make_connection(keys=KEYS, budget_cents=2)
    provider.will(spends_it_all)
    sent = body("passthrough", limit=1000, streams=False) | {"n": 8}
    answer = relay.passthrough(linked.access_token, "openai", "/v1/chat/completions", sent)
    assert answer.status_code == 200
    assert provider.last.json["max_tokens"] == int(answer.headers["X-1Relay-Output-Limited"]) <= 2 * CENT // (8 * 10_000)


def test_geminis_limit_is_lowered_in_the_spelling_it_has(relay: Relay, provider: FakeProvider) -> None:
    linked = make_connection(keys=KEYS, budget_cents=1)
    provider.will(whole({"candidates": [], "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1}}))
    path = "/v1beta/models/gemini-2.5-pro:generateContent"
    sent = {"contents": [], "generation_config": {"max_output_tokens": 50_000, "temperature": 1.0}}
    answer = relay.passthrough(linked.access_token, "google", path, sent)
    lowered = int(answer.headers["X-1Relay-Output-Limited"])
    assert provider.last.json["generation_config"] == {"max_output_tokens": lowered, "temperature": 1.0}


def test_a_budget_of_nothing_admits_only_what_is_free(relay: Relay, provider: FakeProvider) -> None:
    linked = make_connection(keys=KEYS, budget_cents=0)
    assert relay.get("/v1/proxy/passthrough/openai/v1/models", linked.access_token).status_code == 200
    refused = relay.chat(linked.access_token, body("chat", limit=1, streams=False))
    assert (refused.status_code, refused.json()["error"]["code"]) == (402, "budget_exceeded")
    assert refused.json()["error"]["details"]["limitCents"] == 0
    assert len(provider.received) == 1


def test_too_many_calls_at_once_say_when_to_come_back(relay: Relay, provider: FakeProvider) -> None:
    linked = make_connection(keys=KEYS, requests_per_minute=1)
    sent = body("chat", limit=1, streams=False)
    assert relay.chat(linked.access_token, sent).status_code == 200
    refused = relay.chat(linked.access_token, sent)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limited")
    assert int(refused.headers["Retry-After"]) >= 1
    assert "RateLimit-Policy" in refused.headers
    assert "X-Should-Retry" not in refused.headers
    assert LedgerEntry.objects.count() <= 1
