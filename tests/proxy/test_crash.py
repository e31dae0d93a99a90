"""A relay killed with calls under way: after its restart nothing is held, and all the provider counted is in the ledger."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from django.db import connection
from django.utils import timezone

from tests.factories import make_connection
from tests.fake_provider import FakeProvider, Piece, chat_answer, chat_chunk, events, stream, whole
from tests.proxy.conftest import KEYS, Relay, money, wait_for
from tests.whole.servers import database_url
from usage.models import Hold, Process

ROOT = Path(__file__).resolve().parent.parent.parent
CHAT = {"provider": "openai", "model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 100}


@contextmanager
def spawned(upstream: str) -> Iterator[tuple[Relay, subprocess.Popen[bytes]]]:
    """The relay as a process of its own, on the same database."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, "DATABASE_URL": database_url(), "RELAY_UPSTREAM_OPENAI": upstream, "PORT": str(port)}
    command = [sys.executable, "-m", "uvicorn", "relay.asgi:application", "--port", str(port), "--log-level", "warning"]
    process = subprocess.Popen([*command, "--lifespan", "on"], cwd=ROOT, env=env)
    try:
        relay = Relay(f"http://127.0.0.1:{port}")
        wait_for(lambda: _answers(relay), 90)
        yield relay, process
    finally:
        process.kill()
        process.wait()


def _answers(relay: Relay) -> bool:
    try:
        return relay.get("/v1/openai/models", None).status_code == 401
    except requests.ConnectionError:
        return False


@pytest.mark.django_db(transaction=True)
def test_a_killed_relay_leaves_nothing_held_and_nothing_unbooked(provider: FakeProvider) -> None:
    linked = make_connection(keys=KEYS, budget_cents=1000)
    chunk = events(chat_chunk("x"), done=False)[0]
    pieces: list[Piece] = [chunk, 0.05]
    endless = stream(*pieces * 400)
    with spawned(provider.base) as (relay, process), ThreadPoolExecutor(12) as pool:
        provider.will(whole(chat_answer()))
        for _ in range(3):
            assert relay.chat(linked.access_token, CHAT).status_code == 200
        provider.will(*[endless] * 6, whole(chat_answer(), wait_seconds=30))
        for number in range(12):
            pool.submit(_ask_and_break, relay, linked.access_token, number < 6)
        wait_for(lambda: len(provider.received) == 15 and Hold.objects.count() == 12, 20)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert money(linked.connection.id).held > 0
    if connection.vendor != "sqlite":  # there a process is dead when its beat is old: let that time pass
        Process.objects.update(beat_at=timezone.now() - timedelta(minutes=2))
    with spawned(provider.base) as (relay, _):
        assert not Hold.objects.exists(), "swept before the first call is admitted"
        found = money(linked.connection.id)
        assert found.held == 0
        assert len(found.entries) == len(provider.received) == 15
        assert sorted(entry.usage_source for entry in found.entries) == ["estimated"] * 12 + ["provider_usage"] * 3
        assert found.spent == sum(entry.cost_nanos for entry in found.entries)
        provider.will(whole(chat_answer()))
        assert relay.chat(linked.access_token, CHAT).status_code == 200


def _ask_and_break(relay: Relay, token: str, streams: bool) -> None:
    try:
        relay.chat(token, {**CHAT, "stream": streams}, stream=True).content  # noqa: B018
    except requests.RequestException:
        return
