"""A throw-away PostgreSQL and Redis on free loopback ports, for tests; gone, with their data, when the block ends."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.machine import Missing, find_postgres, find_redis

_READY_SECONDS = 30
_POSTGRES_SETTINGS = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200", "timezone=UTC")
# Nothing of the tests outlives them, so nothing has to survive a power cut. Benchmarks measure what production does.
_FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_CRASHABLE = ("fsync=off", "synchronous_commit=on", "full_page_writes=off")  # survives its own end, not the machine's
DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on")


@dataclass(frozen=True)
class _Server:
    """How one server is started and ended; `stop` is the signal it ends its work properly on."""

    name: str
    command: list[str]
    folder: Path
    user: str | None
    port: int
    stop: int


class Running:
    """A server that runs, and can be ended and started again on the same port and data."""

    def __init__(self, server: _Server) -> None:
        """Raises Missing if it does not come up."""
        self._server = server
        self._process = _launch(server)

    @property
    def process_id(self) -> int:
        """Of the process that runs now."""
        return self._process.pid

    def restart(self, stop: int | None = None) -> None:
        """End it by its own signal or by `stop`, then start it again; returns when it listens. Raises as when made."""
        _end(self._process, stop or self._server.stop)
        self._process = _launch(self._server)

    def end(self) -> None:
        """End it."""
        _end(self._process, self._server.stop)


@contextlib.contextmanager
def postgres_and_redis() -> Iterator[dict[str, str]]:
    """Yields DATABASE_URL and REDIS_URL of servers of our own; both are stopped by id whatever happens."""
    with contextlib.ExitStack() as stack:
        folder = _make_shared_folder(stack)
        address, _ = _start_postgres(folder, stack, _FORGETFUL)
        yield {"DATABASE_URL": address, "REDIS_URL": _start_redis(folder, stack)[0]}


@contextlib.contextmanager
def durable_postgres() -> Iterator[tuple[str, int]]:
    """Yields DATABASE_URL and the process id of a PostgreSQL that forgets nothing, as in production; else the same."""
    with contextlib.ExitStack() as stack:
        address, running = _start_postgres(_make_shared_folder(stack), stack, DURABLE)
        yield address, running.process_id


@contextlib.contextmanager
def crashable_postgres() -> Iterator[tuple[str, Running]]:
    """Yields DATABASE_URL of a PostgreSQL that may be restarted, however roughly, and the server to restart."""
    with contextlib.ExitStack() as stack:
        yield _start_postgres(_make_shared_folder(stack), stack, _CRASHABLE)


@contextlib.contextmanager
def crashable_redis() -> Iterator[tuple[str, Running]]:
    """Yields REDIS_URL of a Redis that may be restarted, and then has forgotten everything, and the server to restart."""
    with contextlib.ExitStack() as stack:
        yield _start_redis(_make_shared_folder(stack), stack)


def _make_shared_folder(stack: contextlib.ExitStack) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="1relay-servers-"))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o711)
    return folder


def _start_postgres(folder: Path, stack: contextlib.ExitStack, durability: tuple[str, ...]) -> tuple[str, Running]:
    programs = find_postgres()
    if programs is None:
        raise Missing("PostgreSQL is missing. Debian, Ubuntu: apt install postgresql; macOS: brew install postgresql")
    user, password, port = _unprivileged_user(), secrets.token_hex(16), free_port()
    own = _make_folder(folder / "postgres", user)
    _make_cluster(programs, own, user, password)
    settings = [word for setting in (*_POSTGRES_SETTINGS, *durability) for word in ("-c", setting)]
    command = [str(programs / "postgres"), "-D", str(own / "data"), "-p", str(port), *settings]
    running = _start(_Server("PostgreSQL", command, own, user, port, signal.SIGINT), stack)
    return f"postgres://relay:{password}@127.0.0.1:{port}/postgres", running


def _make_cluster(programs: Path, folder: Path, user: str | None, password: str) -> None:
    password_file = folder / "password"
    password_file.write_text(password)
    password_file.chmod(0o644)  # the folder above is its user's alone
    login = ["--username=relay", "--auth=scram-sha-256", f"--pwfile={password_file}"]
    initdb = [str(programs / "initdb"), f"--pgdata={folder / 'data'}", "--encoding=UTF8", "--locale=C", "--no-sync"]
    made = subprocess.run([*initdb, *login], cwd=folder, user=user, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise Missing(f"PostgreSQL's initdb failed: {made.stderr.strip()}")


def _start_redis(folder: Path, stack: contextlib.ExitStack) -> tuple[str, Running]:
    program = find_redis()
    if program is None:
        raise Missing("Redis is missing. Debian, Ubuntu: apt install redis-server; macOS: brew install redis")
    user, port = _unprivileged_user(), free_port()
    own = _make_folder(folder / "redis", user)
    command = [str(program), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    running = _start(_Server("Redis", command, own, user, port, signal.SIGTERM), stack)
    return f"redis://127.0.0.1:{port}/0", running


def _start(server: _Server, stack: contextlib.ExitStack) -> Running:
    running = Running(server)
    stack.callback(running.end)
    return running


def _launch(server: _Server) -> subprocess.Popen[bytes]:
    """Start a server and wait until it takes connections."""
    log = server.folder / "log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            server.command,
            cwd=server.folder,
            user=server.user,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + _READY_SECONDS
    while not _listens(server.port):
        if process.poll() is not None or time.monotonic() > deadline:
            _end(process, server.stop)
            raise Missing(f"{server.name} did not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)
    return process


def _end(process: subprocess.Popen[bytes], stop: int) -> None:
    process.send_signal(stop)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _unprivileged_user() -> str | None:
    """Who runs the servers when root runs the tests: PostgreSQL refuses to be root. None: whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), None)


def _make_folder(folder: Path, user: str | None) -> Path:
    folder.mkdir(mode=0o700)
    if user is not None:
        shutil.chown(folder, user)
    return folder


def free_port() -> int:
    """A port of loopback that nothing listens on."""
    with socket.socket() as finder:
        finder.bind(("127.0.0.1", 0))
        return int(finder.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as caller:
        caller.settimeout(1)
        return caller.connect_ex(("127.0.0.1", port)) == 0
