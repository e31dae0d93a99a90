"""A relay of its own for a demonstration or a test: a process on a free port, with SQLite in a given folder."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests

from scripts.layout import ROOT, VENV_PYTHON
from scripts.machine import Missing

_READY_SECONDS = 60
_STOP_SECONDS = 15


@contextmanager
def running_relay(folder: Path, extra: Mapping[str, str] | None = None) -> Iterator[str]:
    """Serve a fresh relay with its data and log in `folder`; yields its origin, ends the process afterwards.

    `extra` adds to its environment. Raises Missing when it does not come up, with the end of its log.
    """
    number = _free_port()
    origin = f"http://127.0.0.1:{number}"
    environment = {**own_environment(folder, origin, number), **(extra or {})}
    log = folder / "relay.log"
    with log.open("ab") as output:
        for command in ("migrate --no-input --verbosity 0", "createcachetable --verbosity 0"):
            manage = [str(VENV_PYTHON), "manage.py", *command.split()]
            if subprocess.run(manage, cwd=ROOT, env=environment, stdout=output, stderr=output, check=False).returncode:
                raise Missing(f"The database could not be made:\n{_tail(log)}")
        serve = f"-m uvicorn relay.asgi:application --host 127.0.0.1 --port {number} --no-access-log"
        command_line = [str(VENV_PYTHON), *serve.split(), "--no-proxy-headers", "--timeout-graceful-shutdown", "2"]
        process = subprocess.Popen(command_line, cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            _await_answer(origin, process, log)
            yield origin
        finally:
            _end(process)


def own_environment(folder: Path, origin: str, number: int) -> dict[str, str]:
    """The caller's environment without settings of another relay."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RELAY_")}
    for name in ("DATABASE_URL", "REDIS_URL"):
        inherited.pop(name, None)
    return {**inherited, "RELAY_DATA_DIR": str(folder), "RELAY_ORIGINS": origin, "PORT": str(number)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_answer(origin: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            requests.get(f"{origin}/v1/auth/me", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise Missing(f"The relay did not come up:\n{_tail(log)}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-25:])
