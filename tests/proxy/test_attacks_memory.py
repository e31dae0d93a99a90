"""Answers beyond all measure, and clients that do not read: what the relay keeps of them, seen from outside of its process."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scripts.run import relay_command
from tests.factories import Linked, make_connection
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
    request,
    wait_until,
)  # fmt: skip
from tests.proxy.conftest import KEYS, Relay
from tests.whole.servers import database_url
from usage.models import Hold

ROOT = Path(__file__).resolve().parents[2]
MIB = 1024 * 1024
USAGE = b'"usage":{"prompt_tokens":9,"completion_tokens":2}'
PIECE = b"x" * 65536
STREAM = {"stream": True, "stream_options": {"include_usage": True}}

_SESSIONS = 4
"""Connections to PostgreSQL that are made when they are first needed."""


class Watched(Relay):
    """A relay in a process of its own, and how much memory it has taken at most since it was last asked."""

    def __init__(self, base: str, pid: int) -> None:
        super().__init__(base)
        self._proc = Path(f"/proc/{pid}")

    @contextmanager
    def grows_by_less_than(self, mib: int) -> Iterator[None]:
        """Fails where the peak of what is resident rises by more. Source: proc(5), clear_refs and VmHWM."""
        (self._proc / "clear_refs").write_text("5")
        before = self._peak_kib()
        yield
        assert self._peak_kib() - before < mib * 1024

    def open_files(self) -> int:
        """How many there are."""
        return len(list((self._proc / "fd").iterdir()))

    def _peak_kib(self) -> int:
        found = re.search(r"VmHWM:\s+(\d+) kB", (self._proc / "status").read_text())
        assert found
        return int(found[1])


@pytest.fixture
def watched(transactional_db: None) -> Iterator[tuple[Watched, RawProvider, Linked]]:
    """The relay as `make run` starts it."""
    linked = make_connection(keys=KEYS, budget_cents=10_000)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with RawProvider() as raw:
        env = {**os.environ, "DATABASE_URL": database_url(), "RELAY_UPSTREAM_OPENAI": raw.base, "PORT": str(port)}
        process = subprocess.Popen(relay_command(port), cwd=ROOT, env=env)
        try:
            relay = Watched(f"http://127.0.0.1:{port}", process.pid)
            wait_until(lambda: _answers(relay), 90)
            for target in (OPENAI_PATH, CHAT_DOOR):
                assert ask(relay, linked.access_token, target).status == 200
            yield relay, raw, linked
        finally:
            process.kill()
            process.wait()


def _answers(relay: Relay) -> bool:
    try:
        return ask(relay, "nonsense").status == 401
    except ConnectionRefusedError:
        return False


def endless(begun: bytes, piece: bytes, pieces: int, ended: bytes = b"") -> Callable[[Wire], None]:
    """A chunked body: a beginning, the same piece over and over, an end."""

    def script(wire: Wire) -> None:
        wire.send(begun.partition(b"\r\n\r\n")[0] + b"\r\ntransfer-encoding: chunked\r\n\r\n")
        wire.send(chunk(begun.partition(b"\r\n\r\n")[2] or b" "))
        for _ in range(pieces):
            wire.send(chunk(piece))
        wire.send(chunk(ended or b" ") + chunk(b""))

    return script


def test_memory_stays_within_bounds(watched: tuple[Watched, RawProvider, Linked]) -> None:
    relay, raw, linked = watched
    files = relay.open_files()
    for attack in (a_line_without_end, events_of_nine_megabytes, lists_upon_lists, json_without_end, a_client_that_does_not_read):
        attack(relay, raw, linked.access_token)
        wait_until(lambda: not Hold.objects.exists())
        wait_until(lambda: relay.open_files() <= files + _SESSIONS)


def a_line_without_end(relay: Watched, raw: RawProvider, token: str) -> None:
    """A hundred megabytes pass, and are not kept."""
    raw.will(endless(SSE_HEAD + b"\r\ndata: ", PIECE, 1600))
    for door in (OPENAI_PATH, CHAT_DOOR):
        with relay.grows_by_less_than(64):
            assert pours(relay, token, door) > 100 * MIB


def events_of_nine_megabytes(relay: Watched, raw: RawProvider, token: str) -> None:
    """They pass, though they are longer than what is kept of one."""
    raw.will(endless(SSE_HEAD + b"\r\n", b'data: {"choices":[],"x":"%s",%s}\n\n' % (PIECE * 144, USAGE), 4))
    with relay.grows_by_less_than(96):
        assert pours(relay, token, OPENAI_PATH) > 36 * MIB


def lists_upon_lists(relay: Watched, raw: RawProvider, token: str) -> None:
    """They are passed, and not read."""
    lists = b"[]," * (2 * MIB)
    raw.will(framed(b'data: {"choices":[],"x":[%s[]],%s}\n\n' % (lists, USAGE), SSE_HEAD))
    with relay.grows_by_less_than(64):
        assert pours(relay, token, OPENAI_PATH) > len(lists)
    raw.will(framed(b'{"choices":[],"x":[%s[]],%s}' % (lists * 4, USAGE)))
    with relay.grows_by_less_than(128):
        assert pours(relay, token, OPENAI_PATH) > len(lists) * 4


def json_without_end(relay: Watched, raw: RawProvider, token: str) -> None:
    """More than 64 MiB is nobody's JSON."""
    raw.will(endless(JSON_HEAD + b'\r\n{"x":"', PIECE, 4000))
    with relay.grows_by_less_than(100):
        assert ask(relay, token).code == "provider_unreachable"
    assert raw.last.is_cut.wait(2)
    assert raw.last.sent < 96 * MIB


def a_client_that_does_not_read(relay: Watched, raw: RawProvider, token: str) -> None:
    """It stops the provider; once it has left, so has the relay."""
    raw.will(endless(SSE_HEAD + b"\r\n", b"data: {}\n\n" * 6000, 1_000_000))
    with relay.grows_by_less_than(24), connect(relay) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.sendall(request(OPENAI_PATH, token, {**CHAT, **STREAM}))
        assert client.recv(20).startswith(b"HTTP/1.1 200")
        sent = -1
        deadline = time.monotonic() + 10
        while raw.last.sent != sent:
            assert time.monotonic() < deadline, "the provider is never stopped"
            sent = raw.last.sent
            time.sleep(0.3)
        assert sent < 32 * MIB, "what is in flight is in the system's own buffers"
    assert raw.last.is_cut.wait(1.5)


def pours(relay: Relay, token: str, door: str) -> int:
    """Read a stream to its end without keeping any of it; answers its length."""
    body = {**CHAT, **STREAM} | ({"provider": "openai"} if door == CHAT_DOOR else {})
    size = 0
    with connect(relay, 30) as client:
        client.sendall(request(door, token, body))
        while piece := client.recv(MIB):
            size += len(piece)
    return size
