"""Whoever drips, stalls or does not read is waited for so long and no longer, and is paid for by nobody else."""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from pytest_django import Settings

from tests.factories import Linked
from tests.proxy.attacks import (
    CHAT,
    CHAT_DOOR,
    JSON_HEAD,
    OPENAI_PATH,
    SSE_HEAD,
    RawProvider,
    Wire,
    ask,
    chunk,
    connect,
    framed,
    read_all,
    request,
    wait_until,
)  # fmt: skip
from tests.proxy.conftest import Relay
from usage.models import Hold, LedgerEntry

pytestmark = pytest.mark.usefixtures("nothing_left")


def dripping(begun: bytes, drop: bytes) -> Callable[[Wire], None]:
    """An answer that begins, and goes on a little every twentieth of a second."""

    def script(wire: Wire) -> None:
        wire.send(begun)
        while True:
            wire.wait(0.05)
            wire.send(drop)

    return script


def test_a_provider_that_drips_is_given_up(relay: Relay, linked: Linked, raw: RawProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy.pipeline.FIRST_BYTE_SECONDS", 0.5)
    chunked = JSON_HEAD + b"transfer-encoding: chunked\r\n\r\n"
    scripts = {
        "a head": dripping(JSON_HEAD, b"x"),
        "headers": dripping(JSON_HEAD, b"x-a: b\r\n"),
        "interim answers": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        "a body": dripping(JSON_HEAD + b"content-length: 1000000\r\n\r\n", b" "),
        "chunks": dripping(chunked, chunk(b" ")),
        "nothing": dripping(b"", b""),
    }
    left = deque(scripts.values())
    raw.will(lambda wire: left.popleft()(wire))
    began = time.monotonic()
    with ThreadPoolExecutor(len(scripts)) as pool:
        answers = list(pool.map(lambda _: ask(relay, linked.access_token), scripts))
    assert [(answer.status, answer.code) for answer in answers] == [(504, "provider_timeout")] * len(scripts)
    assert time.monotonic() - began < 4
    assert all(wire.is_cut.wait(1) for wire in raw.wires)
    wait_until(lambda: not Hold.objects.exists())
    assert LedgerEntry.objects.filter(model="gpt-4o-mini", error_code="provider_timeout", usage_source="estimated").count() == len(scripts)


def test_a_stream_may_drip_as_long_as_it_likes_and_no_longer_than_it_does(
    relay: Relay, linked: Linked, raw: RawProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.pipeline.FIRST_BYTE_SECONDS", 0.5)
    monkeypatch.setattr("proxy.pipeline.IDLE_SECONDS", 0.5)
    event = b'data: {"choices":[{"delta":{"content":"x"}}]}\n\n'

    def script(wire: Wire) -> None:
        wire.send(SSE_HEAD + b"transfer-encoding: chunked\r\n\r\n")
        for place in range(24):
            wire.send(chunk(event[place : place + 1]))
            wire.wait(0.05)
        wire.send(chunk(event[place + 1 :]))
        wire.wait(60)

    raw.will(script)
    began = time.monotonic()
    answer = ask(relay, linked.access_token, CHAT_DOOR, stream=True)
    assert 1.2 < time.monotonic() - began < 5
    text = b"".join(answer.pieces)
    assert text.startswith(event)
    assert b'"provider_timeout"' in text
    assert raw.last.is_cut.wait(1)


def test_a_provider_that_does_not_read_is_given_up(
    relay: Relay, linked: Linked, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr("proxy.pipeline.FIRST_BYTE_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        settings.RELAY_UPSTREAMS = {"openai": f"http://127.0.0.1:{listener.getsockname()[1]}"}
        body = {**CHAT, "messages": [{"role": "user", "content": "x" * 10_000_000}], "max_tokens": 1}
        began = time.monotonic()
        answer = read_answer(relay, request(OPENAI_PATH, linked.access_token, body))
    assert answer.startswith((b"HTTP/1.1 504", b"HTTP/1.1 402"))
    assert time.monotonic() - began < 5


def read_answer(relay: Relay, data: bytes) -> bytes:
    """Send a large request and read what is answered."""
    with connect(relay) as client:
        client.sendall(data)
        return read_all(client)


def test_clients_that_do_not_read_a_whole_answer_are_hung_up_on(
    relay: Relay, linked: Linked, raw: RawProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.bounded_http.UNREAD_SECONDS", 0.3)
    raw.will(framed(b'{"x":"%s"}' % (b"x" * 30_000_000)))
    data = request(OPENAI_PATH, linked.access_token, CHAT)
    with connect(relay) as closing, connect(relay) as kept:
        for client, sent in ((closing, data), (kept, data.replace(b"Connection: close\r\n", b""))):
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            client.sendall(sent)
            assert client.recv(20).startswith(b"HTTP/1.1 200")
        time.sleep(1.0)
        assert len(read_all(closing)) < 29_000_000, "most of it is gone"
        assert len(read_all(kept)) < 29_000_000


def test_a_client_that_reads_slowly_gets_it_all(relay: Relay, linked: Linked, raw: RawProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relay.bounded_http.UNREAD_SECONDS", 0.7)
    raw.will(framed(b'{"x":"%s"}' % (b"x" * 12_000_000)))
    size = 0
    with connect(relay) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.sendall(request(OPENAI_PATH, linked.access_token, CHAT))
        while piece := client.recv(500_000):
            size += len(piece)
            time.sleep(0.01)
    assert size > 12_000_000


def test_the_slow_hold_nobody_up(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    stalled = threading.Event()

    def script(wire: Wire) -> None:
        wire.send(SSE_HEAD + b"transfer-encoding: chunked\r\n\r\n")
        stalled.set()
        while True:
            wire.send(chunk(b"data: {}\n\n" * 6000))

    raw.will(script)
    with connect(relay) as sleeper:
        sleeper.sendall(request(OPENAI_PATH, linked.access_token, {**CHAT, "stream": True}))
        assert stalled.wait(5)
        raw.will(framed(b"{}"))
        began = time.monotonic()
        for _ in range(5):
            assert ask(relay, linked.access_token).status == 200
        assert time.monotonic() - began < 3
