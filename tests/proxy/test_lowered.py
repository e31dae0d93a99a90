"""A lowered budget binds what already runs: within a second a stream that has cost more than its share ends, others go on.

gpt-4o writes for 10,000 nano-dollars a token (openai.com/api/pricing, 2025-08), so a hold of 4,000 tokens is four cents,
and a cent pays for 1,000 tokens.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from relay.core.money import NANOS_PER_CENT
from tests.factories import Linked, Person, make_connection, make_person
from tests.fake_provider import FakeProvider, Piece, chat_answer, chat_chunk, events, stream, usage_chunk, whole
from tests.proxy.conftest import KEYS, Relay, settled, wait_for
from tests.proxy.test_crash import spawned
from usage.models import Hold, LedgerEntry

CHAT = {"provider": "openai", "model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 4000}
STREAM = {**CHAT, "stream": True}
NANOS_A_TOKEN = 10_000
DOORS = ["/v1/proxy/chat/completions", "/v1/proxy/passthrough/openai/v1/chat/completions"]


def _said(text: str) -> bytes:
    return events(chat_chunk(text), done=False)[0]


MUCH: list[Piece] = [_said("a"), _said("b" * 6000)]  # some 2,000 tokens: two cents
LITTLE: list[Piece] = [_said("a"), _said("b" * 300)]  # some 100
DRIPPING: list[Piece] = [piece for _ in range(200) for piece in (_said("c"), 0.05)]
ENDS_SOON: list[Piece] = [piece for _ in range(40) for piece in (_said("c"), 0.05)]
LAST: list[Piece] = [*events(usage_chunk(8, 140))]


def _body(path: str) -> dict[str, Any]:
    return STREAM if "passthrough" not in path else {name: value for name, value in STREAM.items() if name != "provider"}


def _begin(relay: Relay, linked: Linked, path: str = DOORS[0]) -> Iterator[bytes]:
    """A stream's lines, the first of which has come."""
    answer = relay.post(path, linked.access_token, _body(path), stream=True)
    assert answer.status_code == 200, answer.text
    lines = answer.iter_lines()
    assert next(lines)
    return lines


def _rest(lines: Iterator[bytes]) -> tuple[str, float]:
    began = time.monotonic()
    return b"\n".join(lines).decode(), time.monotonic() - began


def _error_in(text: str) -> dict[str, Any]:
    event = text[text.index("event: error") :].split("\n")
    error: dict[str, Any] = json.loads(event[1].removeprefix("data: "))["error"]
    return error


def _lower_month(base: str, person: Person, linked: Linked, cents: int = 1) -> None:
    _ask("patch", f"{base}/v1/connections/{linked.connection.id}", {"budgetCents": cents}, person)


def _lower_day(base: str, person: Person, linked: Linked) -> None:
    _ask("patch", f"{base}/v1/connections/{linked.connection.id}", {"limits": {"dailyCents": 1}}, person)


def _lower_cap(base: str, person: Person, linked: Linked) -> None:
    _ask("put", f"{base}/v1/budget", {"budgetCents": 1}, person)


def _ask(method: str, url: str, body: dict[str, Any], person: Person) -> None:
    headers = {"Authorization": f"Bearer {person.token}", "X-1Relay-Elevation": person.elevation}
    answer = requests.request(method, url, json=body, headers=headers, timeout=20)
    assert answer.status_code == 200, answer.text


Lower = Callable[[str, Person, Linked], None]


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize(("which", "lower"), [("monthly", _lower_month), ("daily", _lower_day), ("user", _lower_cap)])
def test_a_stream_that_has_cost_more_than_is_left_ends(relay: Relay, provider: FakeProvider, path: str, which: str, lower: Lower) -> None:
    person = make_person()
    linked = make_connection(person, keys=KEYS, budget_cents=1000)
    provider.will(stream(*MUCH, *DRIPPING))
    lines = _begin(relay, linked, path)
    time.sleep(0.3)
    lower(relay.base, person, linked)
    text, seconds = _rest(lines)
    assert seconds < 1.5
    assert provider.last.abandoned.wait(1.0)
    error = _error_in(text)
    assert (error["code"], error["details"]["which"], error["details"]["limitCents"]) == ("budget_exceeded", which, 1)
    assert error["details"]["spentMicros"] == 0
    assert error["details"]["heldMicros"] >= 40_000
    assert "1relay cost-micros=" in text
    entry = settled(linked.connection.id).entries[0]
    assert (entry.http_status, entry.error_code, entry.usage_source) == (200, "budget_exceeded", "estimated")
    assert 2000 * NANOS_A_TOKEN <= entry.cost_nanos <= 2500 * NANOS_A_TOKEN, "by what was seen, not by what was held"


def test_a_stream_that_fits_goes_on_beside_one_that_does_not(relay: Relay, provider: FakeProvider) -> None:
    person = make_person()
    linked = make_connection(person, keys=KEYS, budget_cents=1000)
    provider.will(stream(_said("a"), _said("b" * 3600), *DRIPPING), stream(*LITTLE, *ENDS_SOON, *LAST))
    dear = _begin(relay, linked)
    cheap = _begin(relay, linked)
    with ThreadPoolExecutor(2) as pool:
        _lower_month(relay.base, person, linked, cents=2)  # one for each: the first has cost 1.2, the second 0.1
        (dear_text, dear_seconds), (cheap_text, cheap_seconds) = pool.map(_rest, (dear, cheap))
    assert _error_in(dear_text)["code"] == "budget_exceeded"
    assert dear_seconds < 1.5
    assert cheap_seconds > 1.5, "it went on past two looks at least"
    assert "event: error" not in cheap_text
    assert cheap_text.count('"c"') == 40
    found = settled(linked.connection.id, calls=2)
    assert [entry.error_code for entry in found.entries] == ["budget_exceeded", ""]
    assert found.entries[1].cost_nanos == 8 * 2_500 + 140 * NANOS_A_TOKEN
    assert found.spent < 2 * NANOS_PER_CENT


def test_a_stream_ends_when_it_comes_to_cost_more_than_its_share(relay: Relay, provider: FakeProvider) -> None:
    person = make_person()
    linked = make_connection(person, keys=KEYS, budget_cents=1000)
    provider.will(stream(*LITTLE, *DRIPPING[:60], _said("b" * 6000), *DRIPPING))
    lines = _begin(relay, linked)
    _lower_month(relay.base, person, linked)
    text, seconds = _rest(lines)
    assert 1.5 <= seconds < 3.0
    assert _error_in(text)["code"] == "budget_exceeded"
    assert text.count('"c"') >= 30, "until then it went on"


def test_a_stream_that_has_not_begun_to_answer_ends_as_a_refusal(relay: Relay, provider: FakeProvider) -> None:
    person = make_person()
    linked = make_connection(person, keys=KEYS, budget_cents=1000)
    provider.will(stream(*DRIPPING, wait_seconds=20.0))
    long = {**STREAM, "messages": [{"role": "user", "content": "Hello " * 2000}]}  # 12,000 bytes in: three cents at worst
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(relay.chat, linked.access_token, long)
        wait_for(lambda: provider.received)
        _lower_month(relay.base, person, linked)
        answer = asked.result(3)
    assert (answer.status_code, answer.json()["error"]["code"]) == (402, "budget_exceeded")
    assert provider.last.abandoned.wait(1.0)
    assert settled(linked.connection.id).entries[0].error_code == "budget_exceeded"


def test_a_whole_answer_is_left_alone(relay: Relay, provider: FakeProvider) -> None:
    person = make_person()
    linked = make_connection(person, keys=KEYS, budget_cents=1000)
    provider.will(whole(chat_answer(8, 3000), wait_seconds=2.0))
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(relay.chat, linked.access_token, CHAT)
        wait_for(lambda: provider.received)
        _lower_month(relay.base, person, linked)
        answer = asked.result(10)
    assert answer.status_code == 200
    assert settled(linked.connection.id).spent == 8 * 2_500 + 3000 * NANOS_A_TOKEN


@pytest.mark.postgres
def test_a_budget_lowered_through_one_process_binds_the_streams_of_another(relay: Relay, provider: FakeProvider) -> None:
    person = make_person()
    linked = make_connection(person, keys=KEYS, budget_cents=1000)
    provider.will(stream(*MUCH, *DRIPPING))
    with spawned(provider.base) as (other, _):
        lines = _begin(other, linked)
        assert Hold.objects.count() == 1
        _lower_cap(relay.base, person, linked)
        text, seconds = _rest(lines)
        assert seconds < 1.5
        assert _error_in(text)["details"]["which"] == "user"
        wait_for(lambda: LedgerEntry.objects.filter(error_code="budget_exceeded").exists())
