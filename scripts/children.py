"""Child processes, each in a process group of its own, and all of a group ended together, by id."""

from __future__ import annotations

import contextlib
import logging
import logging.handlers
import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from scripts.layout import ROOT

_LOG_BYTES = 5_000_000
_OLD_LOGS = 3
_LAST_LINES = 20
_END_SECONDS = 5


@dataclass
class Child:
    """A running program whose output goes to a log file; the last lines are kept for telling why it died."""

    name: str
    process: subprocess.Popen[str]
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=_LAST_LINES))
    has_said: set[str] = field(default_factory=set)
    reader: threading.Thread | None = None

    def is_running(self) -> bool:
        """Whether the program itself, the group's leader, is still there."""
        return self.process.poll() is None


def start_child(name: str, command: Sequence[str], environment: Mapping[str, str], log: Path, *, awaited: str = "", lock: int) -> Child:
    """Start `command` with its output in `log` (5 MB, three older ones kept); files it creates are for its user alone.

    `awaited` is remembered in `has_said` once a line contains it. The child inherits the descriptor `lock`: a
    lock held there stays held for as long as any child lives.
    """
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
        umask=0o077,
        pass_fds=(lock,),
    )
    child = Child(name, process)
    child.reader = threading.Thread(target=_read, args=(child, _open_log(log), awaited), daemon=True)
    child.reader.start()
    return child


def end_groups(processes: Sequence[subprocess.Popen[str]], grace_seconds: float, hurry: threading.Event) -> None:
    """End every process with its whole group: SIGTERM, then, after the grace or as soon as `hurry` is set, SIGKILL."""
    for process in processes:
        _signal_group(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while time.monotonic() < deadline and not hurry.is_set():
        if all(process.poll() is not None for process in processes):
            break
        time.sleep(0.05)
    for process in processes:
        _signal_group(process.pid, signal.SIGKILL)
        process.wait()


def _signal_group(leader: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says EPERM of a group of zombies
        os.killpg(leader, number)


def _open_log(path: Path) -> logging.Handler:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    return logging.handlers.RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=_OLD_LOGS)


def _read(child: Child, log: logging.Handler, awaited: str) -> None:
    """Moves the child's lines to its log until the last writer of its group has closed the pipe."""
    for line in child.process.stdout or ():
        text = line.rstrip("\n")
        log.handle(logging.makeLogRecord({"msg": text}))
        child.last_lines.append(text)
        if awaited and awaited in text:
            child.has_said.add(awaited)
    log.close()


@contextlib.contextmanager
def running(command: Sequence[str], environment: Mapping[str, str], output: IO[str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """Runs `command` while the block lasts, output to `output` or the terminal; its whole group ends with the block."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        end_groups([process], _END_SECONDS, threading.Event())
