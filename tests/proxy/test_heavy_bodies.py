"""Bodies that are large, or hard to read: nobody without a grant makes the relay work, and nobody makes others wait."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from proxy import parse
from relay.crypto import tokens
from tests.factories import Linked
from tests.fake_provider import FakeProvider, chat_answer, whole
from tests.proxy.conftest import Relay

CHAT = {"provider": "openai", "model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}]}
LARGE = {**CHAT, "messages": [{"role": "user", "content": "Hello. " * 300_000}]}
MANY_PARTS = json.dumps({**CHAT, "messages": [{}] * 2000}).encode()
HOSTILE = b'{"messages":[' + b"[]," * (10 * 1024 * 1024) + b"[]]}"
DOORS = ["/v1/proxy/chat/completions", "/v1/openai/chat/completions", "/v1/proxy/passthrough/openai/v1/chat/completions"]


def unfinished(relay: Relay, path: str, token: str, framing: str, begun: bytes) -> bytes:
    """The answer to a request whose body is only begun; fails where the relay waits for the rest."""
    address = urlsplit(relay.base)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n{framing}\r\n\r\n"
    with socket.create_connection((address.hostname, address.port), timeout=10) as client:
        client.sendall(head.encode() + begun)
        return client.recv(65536)


@pytest.mark.parametrize("path", DOORS)
def test_a_large_body_is_not_read_for_a_stranger(relay: Relay, path: str) -> None:
    stranger = tokens.mint_token(tokens.ACCESS_TOKEN)
    begun = b" " * 100_000
    announced = unfinished(relay, path, stranger, f"Content-Length: {len(HOSTILE)}", begun)
    assert announced.startswith(b"HTTP/1.1 401 ")
    chunked = unfinished(relay, path, stranger, "Transfer-Encoding: chunked", b"%x\r\n%s\r\n" % (len(begun), begun))
    assert chunked.startswith(b"HTTP/1.1 401 ")
    assert b"invalid_token" in chunked


def test_a_small_body_of_many_parts_is_not_parsed_for_a_stranger(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse, "chat_call", lambda *_: pytest.fail("it was parsed"))
    answer = relay.chat(tokens.mint_token(tokens.ACCESS_TOKEN), MANY_PARTS)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_token")


def test_a_small_body_costs_no_look_up_of_its_own(
    relay: Relay, linked: Linked, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("linkflow.grants.grant_of", lambda *_: pytest.fail("the token was looked up twice"))
    provider.will(whole(chat_answer()))
    assert relay.chat(linked.access_token, CHAT).status_code == 200


def test_a_large_body_is_passed_on(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    provider.will(whole(chat_answer()))
    assert relay.chat(linked.access_token, LARGE).status_code == 200
    assert provider.last.json["messages"] == LARGE["messages"]
    assert provider.last.headers["content-length"] == str(len(provider.last.body))
    assert "transfer-encoding" not in provider.last.headers


@pytest.mark.parametrize("path", DOORS)
def test_millions_of_parts_are_refused(relay: Relay, linked: Linked, path: str) -> None:
    answer = relay.post(path, linked.access_token, HOSTILE)
    assert (answer.status_code, answer.headers["x-1relay-error"]) == (400, "invalid_json")


@pytest.mark.parametrize("body", [json.dumps(LARGE).encode(), MANY_PARTS], ids=["large", "many parts"])
def test_others_are_answered_while_a_heavy_body_is_parsed(
    relay: Relay, linked: Linked, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    begun, may_go_on = threading.Event(), threading.Event()
    real = parse.chat_call

    def slow(*given: Any) -> parse.Call:
        begun.set()
        assert may_go_on.wait(20)
        return real(*given)

    provider.will(whole(chat_answer()))
    monkeypatch.setattr(parse, "chat_call", slow)
    answers: list[int] = []
    heavy = threading.Thread(target=lambda: answers.append(relay.chat(linked.access_token, body).status_code))
    heavy.start()
    try:
        assert begun.wait(10)
        other = relay.get("/v1/openai/models", tokens.mint_token(tokens.ACCESS_TOKEN))
        assert (other.status_code, answers) == (401, [])
    finally:
        may_go_on.set()
        heavy.join(20)
    assert answers == [200]


def test_a_body_without_a_length_is_refused_once_it_is_too_large(relay: Relay, linked: Linked) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(33):
            yield b" " * 1024 * 1024

    answer = relay.post(DOORS[0], linked.access_token, pieces())
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")
