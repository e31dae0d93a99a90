"""Whole processes for tests: a relay and a Celery worker with beat, at DEBUG, on the test database."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 90


def database_url() -> str:
    """The test database, as another process reaches it."""
    at = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{at['NAME']}"
    return f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"


@contextmanager
def relay_and_worker(folder: Path, **environment: str) -> Iterator[str]:
    """Serve the relay, and run worker and beat, with data and logs in `folder`; yields the relay's origin."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    origin = f"http://localhost:{port}"
    settings = {"DATABASE_URL": database_url(), "RELAY_DATA_DIR": str(folder), "PORT": str(port), "RELAY_LOG_LEVEL": "DEBUG"}
    env = {**os.environ, "RELAY_SECRET_KEY": "canary-" * 8, **settings, **environment}
    relay = [sys.executable, "-m", "uvicorn", "relay.asgi:application", "--host", "localhost", "--port", str(port), "--log-level", "debug"]
    schedule = str(folder / "beat-schedule")
    worker = [sys.executable, "-m", "celery", "-A", "relay.celery", "worker", "--beat", "-s", schedule, "--pool", "solo", "-l", "DEBUG"]
    with _running(relay, env, folder / "relay.log") as process, _running(worker, env, folder / "worker.log"):
        _await(origin, process)
        yield origin


@contextmanager
def _running(command: list[str], env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(origin: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            requests.get(f"{origin}/v1/auth/me", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the relay did not come up")
