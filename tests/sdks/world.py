"""A relay on a real socket that counts who arrives, a provider behind it, and connections made as people make them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from tests.factories import Linked, make_connection
from tests.fake_provider import FakeProvider
from tests.proxy.conftest import KEYS, wait_for
from tests.sdks import vendors
from tests.sdks.asking import Ask, Sdk

PROVIDERS = ("openai", "anthropic", "google", "groq")
WAITS = {"proxy.pipeline.FIRST_BYTE_SECONDS": 0.5, "usage.sqlite_writer._BUSY_SECONDS": 0.3, "usage.waiting.PATIENCE_SECONDS": 0.3}
"""How long this relay waits for a provider's next byte, a locked database, and others' holds; much shorter than in life."""


@dataclass
class World:
    """The parties. `arrivals` are method and path of every request that reached the relay, `answers` the statuses it answered."""

    origin: str
    provider: FakeProvider
    arrivals: list[str]
    answers: list[int]
    undone: ExitStack = field(default_factory=ExitStack)

    def begin(self) -> None:
        """Forget what earlier tests did."""
        self.provider.will(vendors.answer)
        self.provider.received.clear()
        self.arrivals.clear()
        self.answers.clear()

    def ask(self, sdk: Sdk, linked: Linked, **more: Any) -> Ask:
        """An ordinary question through this SDK."""
        given = {"base": self.origin + sdk.path, "token": linked.access_token, "model": sdk.model}
        return Ask(**{**given, **more})

    def call_openai(self, linked: Linked, *, stream: bool = False) -> requests.Response:
        """A call of the connection's that no SDK makes."""
        body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Wait"}], "stream": stream}
        bearer = {"Authorization": f"Bearer {linked.access_token}"}
        path = f"{self.origin}/v1/proxy/passthrough/openai/v1/chat/completions"
        return requests.post(path, json=body, headers=bearer, stream=stream, timeout=30)

    def hold_a_call_open(self, linked: Linked) -> requests.Response:
        """Have a call of this connection under way until the test ends, or closes it."""
        self.provider.will(vendors.slowly)
        held = self.undone.enter_context(contextlib.closing(self.call_openai(linked, stream=True)))
        self.begin()
        return held

    def without_upstream(self) -> None:
        """Have nobody listen where the providers were, until the test ends."""
        nobody = self.undone.enter_context(socket.socket())
        nobody.bind(("127.0.0.1", 0))  # taken, but not listened on
        gone = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        self.undone.enter_context(override_settings(RELAY_UPSTREAMS=dict.fromkeys(PROVIDERS, gone)))

    def with_a_locked_database(self) -> None:
        """Have another process write to the database and not come to an end, until the test does."""
        writer = self.undone.enter_context(contextlib.closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)))
        writer.execute("BEGIN IMMEDIATE")


def linked(**terms: Any) -> Linked:
    """A connection with a key of every provider."""
    return make_connection(**{"keys": KEYS, **terms})


@contextmanager
def running_world() -> Iterator[World]:
    """Relay and provider while the block lasts; afterwards the database is empty again."""
    arrivals: list[str] = []
    answers: list[int] = []
    try:
        with pytest.MonkeyPatch.context() as patch, FakeProvider() as provider:
            for name, seconds in WAITS.items():
                patch.setattr(name, seconds)
            upstreams = {**settings.RELAY_UPSTREAMS, **dict.fromkeys(PROVIDERS, provider.base)}
            with override_settings(RELAY_UPSTREAMS=upstreams), _serving(arrivals, answers) as origin:
                yield World(origin, provider, arrivals, answers)
    finally:
        call_command("flush", verbosity=0, interactive=False)


@contextmanager
def _serving(arrivals: list[str], answers: list[int]) -> Iterator[str]:
    from relay.asgi import application

    async def counting(scope: Any, receive: Any, send: Any) -> None:
        async def answering(message: Any) -> None:
            if message["type"] == "http.response.start":
                answers.append(message["status"])
            await send(message)

        if scope["type"] == "http":
            arrivals.append(f"{scope['method']} {scope['path']}")
        await application(scope, receive, answering)

    config = uvicorn.Config(counting, port=0, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=3)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    try:
        wait_for(lambda: server.started or not thread.is_alive(), 20)
        assert server.started, "the relay did not start; its log says why"
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
    assert not thread.is_alive()
