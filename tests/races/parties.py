"""Who takes part in a race: relay processes on a database of their own, and somebody who looks at the money all the while."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import requests

from scripts.servers import Running, crashable_postgres

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 90.0
_LOOK_SECONDS = 0.01


@dataclass
class Books:
    """The database that all relays of a race share. `server` is None for SQLite, which has none."""

    url: str
    folder: Path
    server: Running | None = None

    def environment(self) -> dict[str, str]:
        """What a process needs to work on it."""
        own = {"DATABASE_URL": self.url, "RELAY_DATA_DIR": str(self.folder), "RELAY_SECRET_KEY": "of-the-races-" * 4}
        return {**os.environ, **own, "RELAY_LOG_LEVEL": "WARNING"}

    def ask(self, command: str, **given: Any) -> Any:
        """Run tests.races.ledger."""
        order = [sys.executable, "-m", "tests.races.ledger", command, json.dumps(given)]
        done = subprocess.run(order, cwd=ROOT, env=self.environment(), capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Read a few rows, as they are committed now."""
        if self.server is None:
            reader = sqlite3.connect(f"file:{self.folder / 'races.sqlite3'}?mode=ro", uri=True, timeout=20)
            try:
                return reader.execute(sql).fetchall()
            finally:
                reader.close()
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(sql).fetchall()

    def wait_until(self, holds: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
        """Ask until it holds; a database that is away meanwhile is asked again."""
        deadline = time.monotonic() + seconds
        while True:
            with suppress(psycopg.OperationalError):
                if holds():
                    return
            assert time.monotonic() < deadline, f"not in {seconds} s: {what}"
            time.sleep(0.05)


@contextmanager
def books(folder: Path, *, postgres: bool) -> Iterator[Books]:
    """An empty database."""
    if not postgres:
        yield Books(f"sqlite:///{folder / 'races.sqlite3'}", folder)
        return
    with crashable_postgres() as (url, server):
        yield Books(url, folder, server)


@dataclass
class Relay:
    """One relay process. `process_id` is its name as an owner of holds."""

    base: str
    process: subprocess.Popen[bytes]
    log: Path


@dataclass
class Fleet:
    """The relays. Those that were killed have left rows in usage_process, by which their holds are swept."""

    books: Books
    upstream: str
    relays: list[Relay] = field(default_factory=list)
    _started: int = 0

    def start(self, number: int) -> None:
        """Start so many relays and wait until they answer."""
        fresh = [self._spawn() for _ in range(number)]
        self.relays += fresh
        deadline = time.monotonic() + READY_SECONDS
        while not all(_answers(relay) for relay in fresh):
            assert time.monotonic() < deadline, "".join(relay.log.read_text() for relay in fresh)
            time.sleep(0.05)

    def kill(self, which: int) -> None:
        """kill -9."""
        relay = self.relays.pop(which)
        relay.process.kill()
        relay.process.wait(10)

    def stop(self) -> None:
        """End all in an orderly way."""
        for relay in self.relays:
            relay.process.terminate()
        for relay in self.relays:
            try:
                relay.process.wait(20)
            except subprocess.TimeoutExpired:
                relay.process.kill()
                relay.process.wait(10)
        logs = [relay.log.read_text() for relay in self.relays]
        self.relays.clear()
        assert not [log for log in logs if "shutdown failed" in log], logs

    def dead(self) -> list[str]:
        """The names of killed processes that nobody has swept yet: those that don't beat any more when all others have."""
        sql = "SELECT id, beat_at FROM usage_process ORDER BY beat_at"
        killed = len(self.books.rows(sql)) - len(self.relays)
        if not killed:
            return []
        newest = self.books.rows(sql)[-1][1]
        self.books.wait_until(lambda: all(beat_at > newest for _, beat_at in self.books.rows(sql)[killed:]), "the living beat")
        return [str(name) for name, _ in self.books.rows(sql)[:killed]]

    def _spawn(self) -> Relay:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._started += 1
        log = self.books.folder / f"relay-{self._started}.log"
        env = {**self.books.environment(), "RELAY_UPSTREAM_OPENAI": self.upstream, "PORT": str(port)}
        command = [sys.executable, "-m", "uvicorn", "relay.asgi:application", "--port", str(port), "--log-level", "warning"]
        with log.open("wb") as output:
            process = subprocess.Popen([*command, "--lifespan", "on"], cwd=ROOT, env=env, stdout=output, stderr=output)
        return Relay(f"http://127.0.0.1:{port}", process, log)


def _answers(relay: Relay) -> bool:
    try:
        return requests.get(f"{relay.base}/v1/openai/models", timeout=5).status_code == 401
    except requests.ConnectionError:
        assert relay.process.poll() is None, relay.log.read_text()
        return False


@contextmanager
def watched(books: Books) -> Iterator[list[tuple[int, int]]]:
    """Look at all windows all the while: yields what was ever committed of (spent + held, limit)."""
    seen: list[tuple[int, int]] = []
    done = threading.Event()
    sql = "SELECT spent_nanos + held_nanos, limit_nanos FROM usage_window WHERE limit_nanos IS NOT NULL"

    def look() -> None:
        while not done.wait(_LOOK_SECONDS):
            with suppress(psycopg.OperationalError), ExitStack() as stack:
                read = _reader(books, stack)
                while not done.wait(_LOOK_SECONDS):
                    seen.extend((int(used), int(limit)) for used, limit in read(sql))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join(20)


def _reader(books: Books, stack: ExitStack) -> Callable[[str], list[tuple[Any, ...]]]:
    if books.server is None:
        reader = sqlite3.connect(f"file:{books.folder / 'races.sqlite3'}?mode=ro", uri=True, timeout=20)
        stack.callback(reader.close)
        return lambda sql: reader.execute(sql).fetchall()
    connection = stack.enter_context(psycopg.connect(books.url, autocommit=True))
    return lambda sql: connection.execute(sql).fetchall()
