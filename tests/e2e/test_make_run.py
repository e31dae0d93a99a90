"""The smoke test of `make run`: everything comes up, works together, and goes away completely."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 180
STOP_SECONDS = 20
BEAT_SECONDS = 60


class Run:
    """One `make run` on a data folder of its own, started as a terminal does: leader of a process group."""

    def __init__(self, data: Path, port: int) -> None:
        self.data, self.port = data, port
        own = {"PORT": str(port), "RELAY_DATA_DIR": str(data)}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RELAY_")}
        for name in ("DATABASE_URL", "REDIS_URL", "MAKEFLAGS", "MAKELEVEL"):
            kept.pop(name, None)
        self.process = subprocess.Popen(
            ["make", "run"],
            cwd=ROOT,
            env={**kept, **own},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.printed: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def text(self) -> str:
        """All it has printed so far."""
        return "".join(self.printed)

    def until_ready(self) -> str:
        """What it printed up to the third step."""
        wait(lambda: "\n  3. " in self.text() or self.process.poll() is not None, START_SECONDS)
        assert "\n  3. " in self.text(), self.text()
        return self.text()

    def interrupt(self) -> int:
        """Ctrl-C, as the terminal sends it; the exit status."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.end()

    def end(self) -> int:
        """Wait for its end and for all it still prints; the exit status."""
        status = self.process.wait(STOP_SECONDS)
        self._reader.join(5)
        return status

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            self.printed.extend(lines)


def wait(condition: Callable[[], bool], seconds: float) -> None:
    """Until `condition` holds or the time is up."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)


def get(url: str) -> tuple[int, str]:
    """Status and body."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.status, answer.read().decode()


def processes_of(data: Path) -> dict[int, str]:
    """Every live process told about this data folder, by id, with its command line (Linux)."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if str(data).encode() in (entry / "environ").read_bytes():
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # gone meanwhile, or another user's
    return found


def two_free_ports() -> int:
    """A port that is free together with the next."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


def orphan_a_hold(database: Path) -> None:
    """Write a hold whose process is gone, as a crash leaves it; amounts in nano-dollars."""
    row = {
        "id": "hld_orphan",
        "owner_id": "prc_gone",
        "request_id": "req_orphan",
        "user_id": "usr_nobody",
        "app_id": "",
        "connection_id": "con_nobody",
        "provider": "sandbox",
        "model": "sandbox-small",
        "door": "chat",
        "granted_nanos": 700,
        "price_version": "test",
        "admitted_at": "2026-01-31 12:00:00",
        "month_on": "2026-01-01",
        "day_on": "2026-01-31",
    }
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    with closing(sqlite3.connect(database, timeout=20)) as connection, connection:
        connection.execute(f"INSERT INTO usage_hold ({names}) VALUES ({values})", row)


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    """What a query answers."""
    with closing(sqlite3.connect(database, timeout=20)) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """A running relay with worker and demo app."""
    started = Run(tmp_path / "data", two_free_ports())
    try:
        started.until_ready()
        yield started
    finally:
        for pid in {started.process.pid, *processes_of(started.data)}:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        started.end()


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes in /proc")
def test_everything_comes_up_works_and_goes_away(run: Run) -> None:
    relay, demo = f"http://localhost:{run.port}", f"http://127.0.0.1:{run.port + 1}"
    assert f"{relay}/signup" in run.text()
    assert demo in run.text()
    for page in (f"{relay}/signup", f"http://127.0.0.1:{run.port}/signin", f"{relay}/static/dist/link.js", f"{demo}/"):
        assert get(page)[0] == 200

    assert len(processes_of(run.data)) >= 5  # make, its script, relay, worker with beat, demo app
    assert run.interrupt() in {0, 130, -signal.SIGINT}  # make itself was interrupted too
    assert " ended " not in run.text(), "nothing died"
    assert processes_of(run.data) == {}
    for port in (run.port, run.port + 1):
        with socket.socket() as caller:
            assert caller.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.long
def test_beat_has_the_worker_end_an_orphaned_hold(run: Run) -> None:
    database = run.data / "relay.sqlite3"
    ledger = "SELECT cost_nanos, usage_source FROM usage_ledgerentry WHERE hold_id = 'hld_orphan'"
    orphan_a_hold(database)
    wait(lambda: bool(rows(database, ledger)), BEAT_SECONDS)
    assert rows(database, ledger) == [(700, "estimated")]
    assert rows(database, "SELECT count(*) FROM usage_hold") == [(0,)]


@pytest.mark.long
def test_the_demo_apps_secret_is_the_users_alone(run: Run) -> None:
    kept = run.data / "demo-app.json"
    secret = re.findall(r"1r_cs_\w+", kept.read_text())[0]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(run.data.stat().st_mode) == 0o700
    assert secret not in run.text()
    for log in (run.data / "logs").iterdir():
        assert secret not in log.read_text()
        assert stat.S_IMODE(log.stat().st_mode) == 0o600


@pytest.mark.long
def test_a_second_start_is_refused_and_says_why(run: Run, tmp_path: Path) -> None:
    same_port = Run(tmp_path / "other", run.port)
    assert same_port.end() != 0
    assert f"Port {run.port} is in use." in same_port.text()
    same_data = Run(run.data, two_free_ports())
    assert same_data.end() != 0
    assert "already served by a running 1Relay" in same_data.text()
    assert get(f"http://localhost:{run.port}/signin")[0] == 200


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes in /proc")
def test_a_child_that_dies_takes_the_rest_along_and_is_named(run: Run) -> None:
    worker = next(pid for pid, command in processes_of(run.data).items() if " celery " in command)
    os.killpg(os.getpgid(worker), signal.SIGKILL)
    assert run.end() != 0
    assert "The worker ended" in run.text()
    assert "ready." in run.text(), "its last lines are shown"
    assert processes_of(run.data) == {}
