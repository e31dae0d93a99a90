"""Serves relay, worker and demo app until Ctrl-C. `make run`; PORT and RELAY_DATA_DIR are honoured."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping

from scripts.children import Child, end_groups, start_child
from scripts.layout import ROOT, VENV_PYTHON, data_dir, make_data_dir, port
from scripts.machine import Missing
from scripts.setup import prepare_data, set_up

_READY_SECONDS = 90
_STOP_SECONDS = 10
_WORKER_READY = " ready."

STEPS = """
1Relay is running. Three steps to try:

  1. Open {relay}/signup, register, and add a sandbox key under My keys: one click, no provider account needed.
  2. Open the demo app at {demo} and press Connect: sign in there, set a monthly budget, approve.
  3. Chat. Then watch the budget move at {relay}/connections, and pause or revoke the app there.

Logs: {logs}    Stop: Ctrl-C
"""


def serve() -> int:
    """Start everything, say what to try, and wait; the exit status is 1 if a child died, else 0."""
    number = port()
    _require_free(number, number + 1)
    set_up()
    lock = _lock_data()
    prepare_data()
    stopping, hurry = _stop_on_signals()
    children: list[Child] = []
    try:
        _start_all(number, lock, children)
        dead = _await_ready(children, number, stopping)
        if dead is None and not stopping.is_set():
            demo = f"http://127.0.0.1:{number + 1}"
            print(STEPS.format(relay=f"http://localhost:{number}", demo=demo, logs=data_dir() / "logs"), flush=True)
            dead = _await_death(children, stopping)
    finally:
        print("Stopping … (Ctrl-C again: at once)", flush=True)
        end_groups([child.process for child in children], _STOP_SECONDS, hurry)
    if dead is not None:
        _show_death(dead)
    return 1 if dead else 0


def _start_all(number: int, lock: int, children: list[Child]) -> None:
    environment = _environment(number)
    logs = data_dir() / "logs"
    children.append(start_child("relay", relay_command(number), environment, logs / "relay.log", lock=lock))
    beat_file = data_dir() / "celery" / "beat-schedule"
    beat_file.parent.mkdir(mode=0o700, exist_ok=True)
    worker = "-m celery -A relay.celery worker --beat --pool solo --loglevel INFO --without-gossip --without-mingle"
    worker_command = [str(VENV_PYTHON), *worker.split(), "--schedule", str(beat_file)]
    children.append(start_child("worker", worker_command, environment, logs / "worker.log", awaited=_WORKER_READY, lock=lock))
    demo_command = ["node", str(ROOT / "examples" / "demo-chat" / "server.mjs")]
    demo_environment = _demo_environment(number, environment)
    children.append(start_child("demo", demo_command, demo_environment, logs / "demo.log", lock=lock))


def relay_command(number: int) -> list[str]:
    """What serves the relay at a port; benchmarks measure this same command."""
    relay = f"-m uvicorn relay.asgi:application --host 127.0.0.1 --port {number} --no-access-log --no-server-header"
    bounds = "--http relay.bounded_http:BoundedHttp --ws none --no-proxy-headers --timeout-graceful-shutdown 5"
    return [str(VENV_PYTHON), *relay.split(), *bounds.split()]


def _environment(number: int) -> dict[str, str]:
    origins = f"http://localhost:{number},http://127.0.0.1:{number}"
    fixed = {"PORT": str(number), "RELAY_DATA_DIR": str(data_dir()), "PYTHONUNBUFFERED": "1"}
    return {"RELAY_ORIGINS": origins, **os.environ, **fixed}


def _demo_environment(number: int, environment: Mapping[str, str]) -> dict[str, str]:
    """Registers the demo app (once per data folder); all a third party's server is told, nothing of the relay's own."""
    origin = f"http://127.0.0.1:{number + 1}"
    command = [str(VENV_PYTHON), "manage.py", "demo_app", "--origin", origin]
    if subprocess.run(command, cwd=ROOT, env=dict(environment), check=False).returncode != 0:
        raise Missing("The demo app could not be registered; the lines above say why.")
    credentials = json.loads((data_dir() / "demo-app.json").read_text())
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "RELAY_URL": f"http://localhost:{number}",
        "ONERELAY_CLIENT_ID": credentials["clientId"],
        "ONERELAY_CLIENT_SECRET": credentials["clientSecret"],
        "DEMO_PORT": str(number + 1),
        "DEMO_DATA_DIR": str(data_dir() / "demo"),
    }


def _require_free(*numbers: int) -> None:
    for number in numbers:
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            with contextlib.suppress(OSError), socket.socket(family) as caller:
                caller.settimeout(1)
                if caller.connect_ex((host, number)) == 0:
                    advice = "Stop what uses it, or choose another: PORT=8100 make run (the demo app takes the next)."
                    raise Missing(f"Port {number} is in use. {advice}")


def _lock_data() -> int:
    """A lock on the data folder, which children inherit: two relays on one embedded database would undo each other."""
    path = make_data_dir() / "run.lock"
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = path.read_text().strip()
        raise Missing(f"{data_dir()} is already served by a running 1Relay (started by process {holder}).") from None
    os.ftruncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())
    return lock


def _stop_on_signals() -> tuple[threading.Event, threading.Event]:
    """Events set by the first and by the second SIGINT, SIGTERM or SIGHUP."""
    stopping, hurry = threading.Event(), threading.Event()

    def note(_number: int, _frame: object) -> None:
        (hurry if stopping.is_set() else stopping).set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, note)
    return stopping, hurry


def _await_ready(children: list[Child], number: int, stopping: threading.Event) -> Child | None:
    """Waits until all three answer; the child that died or never answered, if there is one."""
    relay, worker, demo = children
    checks: list[tuple[Child, Callable[[], bool]]] = [
        (relay, lambda: _answers(f"http://127.0.0.1:{number}/signin")),
        (worker, lambda: _WORKER_READY in worker.has_said),
        (demo, lambda: _answers(f"http://127.0.0.1:{number + 1}/")),
    ]
    deadline = time.monotonic() + _READY_SECONDS
    for child, is_ready in checks:
        while not stopping.is_set() and not is_ready():
            if dead := _first_dead(children):
                return dead
            if time.monotonic() > deadline:
                return child
            stopping.wait(0.1)
    return None


def _await_death(children: list[Child], stopping: threading.Event) -> Child | None:
    while not stopping.wait(0.2):
        if dead := _first_dead(children):
            return dead
    return None


def _first_dead(children: list[Child]) -> Child | None:
    return next((child for child in children if not child.is_running()), None)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - loopback, http only
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _show_death(child: Child) -> None:
    if child.reader is not None:
        child.reader.join(timeout=2)
    status = child.process.returncode
    print(f"\nThe {child.name} ended or did not get ready (exit status {status}). Its last lines:", file=sys.stderr)
    for line in child.last_lines:
        print(f"  {line}", file=sys.stderr)
    print(f"All of it: {data_dir() / 'logs' / child.name}.log", file=sys.stderr)


def main() -> int:
    """Serve from the command line."""
    try:
        return serve()
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
