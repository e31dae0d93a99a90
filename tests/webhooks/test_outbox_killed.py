"""Worker, Redis and PostgreSQL are killed while events are written and sent: each committed one arrives, and no other does."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from scripts.servers import crashable_redis
from tests.races.parties import ROOT, Books, books
from tests.webhooks.receiver import OK, Got, Receiver, Reply, receiver

CONNECTIONS = 4


@dataclass
class Crew:
    """A worker with its beat on a database of its own."""

    books: Books
    environment: dict[str, str]
    worker: subprocess.Popen[bytes] | None = None
    logs: list[Path] = field(default_factory=list)

    def start(self) -> None:
        """A fresh worker."""
        log = self.books.folder / f"worker-{len(self.logs)}.log"
        self.logs.append(log)
        schedule = str(self.books.folder / "beat")
        command = [sys.executable, "-m", "celery", "-A", "relay.celery", "worker", "--beat", "--pool", "solo", "--schedule", schedule]
        with log.open("wb") as output:
            quiet = ["--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
            order = [*command, *quiet]
            self.worker = subprocess.Popen(order, cwd=ROOT, env=self.environment, stdout=output, stderr=output, start_new_session=True)

    def kill(self) -> None:
        """kill -9, its beat as well, which is a process of its own; then two minutes go by, in which claims run out."""
        self.end()
        self.ask("let_leases_end")

    def end(self) -> None:
        """kill -9."""
        assert self.worker is not None
        os.killpg(self.worker.pid, signal.SIGKILL)
        self.worker.wait(20)

    def ask(self, command: str, **given: Any) -> Any:
        """Run tests.races.outbox to its end."""
        order = [sys.executable, "-m", "tests.races.outbox", command, json.dumps(given)]
        done = subprocess.run(order, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])


def _run(crew: Crew, app: str, each: int, pause: float, disturb: Callable[[], None]) -> dict[str, list[str]]:
    """Write events in a process of its own while `disturb` does its worst; answers what the writer committed."""
    order = [sys.executable, "-m", "tests.races.outbox", "write"]
    given = json.dumps({"app": app, "connections": CONNECTIONS, "each": each, "pause": pause})
    writer = subprocess.Popen([*order, given], cwd=ROOT, env=crew.environment, stdout=subprocess.PIPE, text=True)
    disturb()
    said, _ = writer.communicate(timeout=200)
    assert writer.returncode == 0
    found: dict[str, list[str]] = json.loads(said.splitlines()[-1])
    return found


def _check(got: list[Got], secret: str, wrote: dict[str, list[str]]) -> None:
    ids = {one.id for one in got}
    assert set(wrote["committed"]) <= ids, "every committed event came"
    assert ids <= set(wrote["committed"]) | set(wrote["unsure"]), "none was invented"
    first: dict[str, Got] = {}
    for one in got:
        Webhook(secret).verify(one.raw, one.headers)
        assert first.setdefault(one.id, one).raw == one.raw
    for connection in {one.body["data"]["connectionId"] for one in got}:
        numbers = [one.sequence for one in first.values() if one.body["data"]["connectionId"] == connection]
        assert numbers == list(range(1, len(numbers) + 1)), "first attempts go out in order, and no number is missing"


def _race(crew: Crew, app: Receiver, each: int, pause: float, disturb: Callable[[], None]) -> None:
    """Prepare, write while `disturb` goes on, then let a last worker finish, and compare."""
    made = crew.ask("prepare", url=app.url)
    crew.start()
    wrote = _run(crew, made["app"], each, pause, disturb)
    crew.kill()
    crew.start()
    deadline = time.monotonic() + 150
    while crew.ask("left")["left"]:
        assert time.monotonic() < deadline, crew.logs[-1].read_text()[-3000:]
        time.sleep(1)
    _check(app.got, made["secret"], wrote)
    assert made["secret"] not in "".join(log.read_text() for log in crew.logs)


def _answers() -> Callable[[Got], Reply]:
    """Takes its time, and refuses a few events: each once, since the second wait would be five minutes."""
    refused: set[str] = set()

    def answer(got: Got) -> Reply:
        time.sleep(random.uniform(0, 0.05))
        if got.id in refused or random.random() >= 0.03:
            return OK
        refused.add(got.id)
        return (500, {}, b"")

    return answer


def _wait_for(app: Receiver, more: int) -> None:
    """Until so many more events came, or a while has passed."""
    wanted, deadline = len(app.got) + more, time.monotonic() + 20
    while len(app.got) < wanted and time.monotonic() < deadline:
        time.sleep(0.05)


def test_a_worker_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    with receiver() as app, books(tmp_path, postgres=False) as own:
        app.answer = _answers()
        crew = Crew(own, {**own.environment(), "REDIS_URL": "", "RELAY_ORIGINS": "http://localhost:8000"})

        def disturb() -> None:
            for _ in range(2):
                _wait_for(app, 10)
                crew.kill()
                crew.start()

        try:
            _race(crew, app, 15, 0.02, disturb)
        finally:
            crew.end()


@pytest.mark.long
def test_worker_redis_and_postgres_are_killed_and_nothing_is_lost(tmp_path: Path) -> None:
    with receiver() as app, books(tmp_path, postgres=True) as own, crashable_redis() as (redis_url, redis):
        app.answer = _answers()
        crew = Crew(own, {**own.environment(), "REDIS_URL": redis_url, "RELAY_ORIGINS": "http://localhost:8000"})
        assert own.server is not None
        server = own.server

        def kill_worker() -> None:
            crew.kill()
            crew.start()

        def disturb() -> None:
            restarts = [partial(one.restart, signal.SIGKILL) for one in (redis, server)]
            deeds: list[Callable[[], None]] = [kill_worker, *restarts] * 2
            for deed in random.sample(deeds, len(deeds)):
                _wait_for(app, 15)
                deed()

        try:
            _race(crew, app, 60, 0.05, disturb)
        finally:
            crew.end()
