"""The program that `onerelay run` runs: signals for it are passed on, and this process outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Self

SIGNAL_BASE = 128
_FORWARDED = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2") if hasattr(signal, name)
)
_BY_KEYBOARD = {getattr(signal, name) for name in ("SIGINT", "SIGQUIT") if hasattr(signal, name)}


class Child:
    """A context: inside it, signals go to the program; those that come before it started are remembered."""

    def __init__(self, command: tuple[str, ...]) -> None:
        self.command = command
        self.stopped_by: int | None = None
        """A signal that came before the program was started: it is not to be started."""
        self._process: subprocess.Popen[bytes] | None = None
        self._former: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in _FORWARDED:
            # What whoever started us has us ignore (nohup, a background job) stays ignored, by the program too.
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._former[number] = signal.signal(number, self._pass_on)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for number, former in self._former.items():
            signal.signal(number, former)

    def start(self, environment: Mapping[str, str]) -> None:
        """Start it, with our own standard streams. Raises OSError."""
        self._process = subprocess.Popen(self.command, env=dict(environment))  # noqa: S603  (it is what the person asked to run)
        if self.stopped_by is not None:
            self._process.send_signal(self.stopped_by)

    def wait(self, every_seconds: float, meanwhile: Callable[[], None]) -> int:
        """Its exit code, 128 + n for signal n; `meanwhile` is called from time to time while it runs."""
        assert self._process is not None
        while True:
            with suppress(subprocess.TimeoutExpired):
                code = self._process.wait(every_seconds)
                return code if code >= 0 else SIGNAL_BASE - code
            meanwhile()

    def _pass_on(self, number: int, _frame: FrameType | None) -> None:
        if self._process is None:
            self.stopped_by = self.stopped_by or number
            return
        # The keyboard's signals go to every process in front of the terminal: the program has had it already.
        if not (number in _BY_KEYBOARD and _is_in_front()):
            self._process.send_signal(number)


def _is_in_front() -> bool:
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        try:
            return os.tcgetpgrp(stream.fileno()) == os.getpgrp()
        except (OSError, ValueError, AttributeError):
            continue
    return False
