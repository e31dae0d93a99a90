"""A running relay on a real socket, and a provider that does as it is told."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import uvicorn
from django.db import connection
from pytest_django import Settings

from relay.providers import registry
from tests.factories import Linked, make_connection
from tests.fake_provider import FakeProvider
from tests.proxy.attacks import RawProvider
from usage.models import Hold, LedgerEntry, Window

KEYS = {
    "openai": "sk-proj-" + "fake0key0for0tests0only0",
    "anthropic": "sk-ant-" + "api03-fake-key-for-tests-only",
    "google": "AI" + "zaFakeKeyForTestsOnly0000000000000000000",
    "groq": "gsk" + "_fakekeyfortestsonly",
    "sandbox": "sandbox-key-" + "works",
}


class Relay:
    """The relay's address, and calls to it with an access token. `loop` is its event loop, where that is in this process."""

    def __init__(self, base: str, stop: Callable[[], None] | None = None, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self.base = base
        self.stop = stop or (lambda: None)
        self.loop = loop

    def chat(self, token: str, body: Any, *, stream: bool = False, **headers: str) -> requests.Response:
        """The relay's own chat door."""
        return self.post("/v1/proxy/chat/completions", token, body, stream=stream, **headers)

    def passthrough(self, token: str, provider: str, path: str, body: Any, *, stream: bool = False, **headers: str) -> requests.Response:
        """A provider's own call."""
        return self.post(f"/v1/proxy/passthrough/{provider}{path}", token, body, stream=stream, **headers)

    def post(self, path: str, token: str | None, body: Any, *, stream: bool = False, **headers: str) -> requests.Response:
        """A POST with a bearer token; `body` is sent as JSON unless it is bytes."""
        given = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, bytes | Iterator) else json.dumps(body).encode()
        return requests.post(self.base + path, data, headers=given, stream=stream, timeout=30)

    def get(self, path: str, token: str | None, **headers: str) -> requests.Response:
        """A GET with a bearer token."""
        given = {"Authorization": f"Bearer {token}"} if token else {}
        return requests.get(self.base + path, headers={**given, **headers}, timeout=30)


class PromptServer(uvicorn.Server):
    """uvicorn's server, that begins to stop when it is told to, and not at the next tenth of a second."""

    loop: asyncio.AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        """Serve until told to stop."""
        self._told = asyncio.Event()
        await self.on_tick(0)
        self.loop = asyncio.get_running_loop()
        await self._told.wait()

    def stop(self) -> None:
        """Tell it, from another thread."""
        self.should_exit = True
        if self.loop is not None and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self._told.set)


@pytest.fixture
def relay(transactional_db: None) -> Iterator[Relay]:
    """The whole application under uvicorn, in a thread of its own; its lifespan starts and stops accounting."""
    from relay.asgi import application
    from relay.bounded_http import BoundedHttp

    config = uvicorn.Config(
        application, port=0, http=BoundedHttp, ws="none", log_config=None, access_log=False, server_header=False,
        proxy_headers=False, lifespan="on", timeout_graceful_shutdown=3,
    )  # fmt: skip
    server = PromptServer(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()

    def stop() -> None:
        server.stop()
        thread.join(20)

    try:
        wait_for(lambda: server.loop or not thread.is_alive(), 20)
        yield Relay(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", stop, server.loop)
    finally:
        stop()
    assert not thread.is_alive()


@pytest.fixture
def provider(settings: Settings) -> Iterator[FakeProvider]:
    """One fake provider in the place of all but the sandbox."""
    with FakeProvider() as fake:
        settings.RELAY_UPSTREAMS = dict.fromkeys((known.id for known in registry.providers() if known.base_url), fake.base)
        yield fake


@pytest.fixture
def raw(settings: Settings) -> Iterator[RawProvider]:
    """A provider that answers whatever bytes it is given, in the place of all but the sandbox."""
    with RawProvider() as attacker:
        settings.RELAY_UPSTREAMS = dict.fromkeys((known.id for known in registry.providers() if known.base_url), attacker.base)
        yield attacker


@pytest.fixture
def nothing_left(relay: Relay, linked: Linked, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """After the test: no task, open file, hold or secret more than before it, in the relay or in anything logged."""
    caplog.set_level(logging.DEBUG)
    assert relay.get("/v1/openai/models", linked.access_token).status_code in {200, 502}
    wait_for(lambda: not Hold.objects.exists())
    assert relay.loop is not None
    loop, tasks, files = relay.loop, len(asyncio.all_tasks(relay.loop)), _open_files()
    yield
    wait_for(lambda: len(asyncio.all_tasks(loop)) <= tasks and _open_files() <= files and not Hold.objects.exists())
    logged = "\n".join(f"{record.getMessage()} {record.exc_text}" for record in caplog.records)
    assert not [secret for secret in (*KEYS.values(), linked.access_token) if secret in logged]
    assert "a proxied call failed" not in logged


def _open_files() -> int:
    """How many files and sockets are open, but for those to a database, whose pool grows with use. Source: proc(5)."""
    database = int(connection.settings_dict.get("PORT") or 0)
    rows = [line.split() for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]]
    pooled = {f"socket:[{row[9]}]" for row in rows if int(row[2].rpartition(":")[2], 16) == database}
    found = 0
    for file in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            found += str(file.readlink()) not in pooled
    return found


@pytest.fixture
def linked(relay: Relay) -> Linked:
    """A connection with a key of every provider, and ten dollars."""
    return make_connection(keys=KEYS, budget_cents=1000)


@dataclass(frozen=True)
class Money:
    """What the database says about one connection."""

    spent: int
    held: int
    entries: list[LedgerEntry]


def money(connection_id: str) -> Money:
    """The monthly window and the ledger of a connection."""
    month = Window.objects.get(subject_id=connection_id, kind=Window.MONTH)
    entries = list(LedgerEntry.objects.filter(connection_id=connection_id).order_by("settled_at"))
    return Money(month.spent_nanos, month.held_nanos, entries)


def settled(connection_id: str, calls: int = 1) -> Money:
    """The same once that many calls are in the ledger and nothing is held."""
    wait_for(lambda: LedgerEntry.objects.filter(connection_id=connection_id).count() >= calls and not Hold.objects.exists())
    found = money(connection_id)
    assert found.held == 0
    assert found.spent == sum(entry.cost_nanos for entry in found.entries)
    return found


def wait_for(holds: Callable[[], Any], seconds: float = 5.0) -> None:
    """Ask again until it holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError("it did not come to hold in time")
        time.sleep(0.01)
