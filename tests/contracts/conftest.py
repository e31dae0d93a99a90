"""A running relay on a real socket with the world behind it, made once a file: what is refused changes nothing."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import uvicorn
from django.core.management import call_command
from django.db import connections
from pytest_django import DjangoDbBlocker

from tests.contracts.snapshot import snapshot
from tests.contracts.wire import Answer, Body, send
from tests.contracts.world import World, make_world


@dataclass
class Relay:
    """Where the relay listens, and who is there."""

    port: int
    world: World

    def send(
        self, method: str, target: str, headers: dict[str, str] | None = None, body: Body | None = None, *, caller: str = ""
    ) -> Answer:
        """One raw request, with the credential of a caller of the world."""
        return send(self.port, method, target, {**self.world.headers_of(caller), **(headers or {})}, body)


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The test database with committed rows, for all tests of a file; emptied at the end."""
    with django_db_blocker.unblock():
        yield
        call_command("flush", verbosity=0, interactive=False)
        connections.close_all()


@pytest.fixture(scope="module")
def relay(db: None) -> Iterator[Relay]:
    """The whole application under uvicorn in a thread of its own, and the world it serves."""
    server, thread = _start()
    try:
        yield Relay(server.servers[0].sockets[0].getsockname()[1], make_world())
    finally:
        server.should_exit = True
        thread.join(20)
    assert not thread.is_alive()


def _start() -> tuple[uvicorn.Server, threading.Thread]:
    from relay.asgi import application

    config = uvicorn.Config(application, port=0, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=3)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive(), "the relay did not start"
        assert time.monotonic() < deadline, "the relay did not start in time"
        time.sleep(0.01)
    return server, thread


@pytest.fixture
def nothing_changes(relay: Relay) -> Iterator[None]:
    """The database holds after the test exactly what it held before."""
    before = snapshot()
    yield
    assert snapshot() == before
