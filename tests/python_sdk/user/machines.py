"""Using the command as people and scripts do: without a terminal, or at one of its own (a pseudo-terminal)."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import secrets
import select
import struct
import subprocess
import termios
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.layout import VENV_PYTHON

PASSWORD = "correct horse " + "battery staple"
COMMAND = str(VENV_PYTHON.parent / "onerelay")
_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        """What it answered to --json."""
        return json.loads(self.out)


@dataclass
class Machine:
    """One person's account on one machine: a folder for its state and an environment."""

    relay: str
    folder: Path
    email: str = field(default_factory=lambda: f"cli-{secrets.token_hex(6)}@example.com")
    password: str = PASSWORD
    said: list[str] = field(default_factory=list)

    def environment(self, *, unlocked: bool = False, **more: str) -> dict[str, str]:
        """What commands are started with; `unlocked`: the password is in it."""
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "HOME", "VIRTUAL_ENV"}}
        own = {"XDG_STATE_HOME": str(self.folder), "ONERELAY_RELAY": self.relay, "TERM": "xterm", "LC_ALL": "C.UTF-8"}
        return {**kept, **own, **({"ONERELAY_PASSWORD": self.password} if unlocked else {}), **more}

    def start(self, *arguments: str, unlocked: bool = False, **more: str) -> subprocess.Popen[str]:
        """Start a command without a terminal."""
        return subprocess.Popen(
            [COMMAND, *arguments],
            env=self.environment(unlocked=unlocked, **more),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, typed: str = "", unlocked: bool = False, **more: str) -> Done:
        """Run a command without a terminal."""
        process = self.start(*arguments, unlocked=unlocked, **more)
        out, err = process.communicate(typed, _PATIENCE_SECONDS)
        self.said += [out, err]
        assert "Traceback" not in err, err
        return Done(process.returncode, out, err)

    def done(self, *arguments: str, typed: str = "", unlocked: bool = False, **more: str) -> Done:
        """The same, of a command that has to end well."""
        done = self.run(*arguments, typed=typed, unlocked=unlocked, **more)
        assert done.code == 0, (arguments, done)
        return done

    def register(self) -> None:
        """Make the person's account."""
        self.done("register", "--email", self.email, "--no-kit", "--password-stdin", typed=f"{self.password}\n")

    def connections(self) -> list[dict[str, Any]]:
        """All of the person's connections, as --json lists them."""
        listed: list[dict[str, Any]] = self.done("connections", "list", "--all", "--json").value
        return listed

    def at_terminal(self, *arguments: str, **more: str) -> Sitting:
        """Run a command at a terminal of its own."""
        return Sitting([COMMAND, *arguments], {**self.environment(), **more}, self)


class Sitting:
    """Somebody at a terminal: reads what is on it and types."""

    def __init__(self, command: list[str], environment: dict[str, str], machine: Machine) -> None:
        self.shown = ""
        self._read_to = 0
        self._machine = machine
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.execve(command[0], command, environment)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))

    def see(self, text: str) -> None:
        """Wait until this stands on the terminal, after what was waited for before."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while text not in self.shown[self._read_to :]:
            assert time.monotonic() < deadline, f"{text!r} did not come:\n{self.shown}"
            if not self._more():
                raise AssertionError(f"{text!r} did not come before the end:\n{self.shown}")
        self._read_to = self.shown.index(text, self._read_to) + len(text)

    def type(self, text: str) -> None:
        """Type a line."""
        os.write(self._terminal, f"{text}\n".encode())

    def press(self, key: bytes) -> None:
        """Press a key, such as b"\\x03" for Ctrl-C."""
        os.write(self._terminal, key)

    def answer(self, answers: dict[str, str]) -> None:
        """Answer every question of these until the end."""
        while self._more():
            for question, answer in answers.items():
                if self.shown[self._read_to :].endswith(question):
                    self._read_to = len(self.shown)
                    self.type(answer)

    def end(self) -> int:
        """The exit code, once it has ended."""
        while self._more():
            pass
        self._machine.said.append(self.shown)
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self._terminal)
        assert "Traceback" not in self.shown, self.shown
        return code

    def _more(self) -> bool:
        ready, _, _ = select.select([self._terminal], [], [], _PATIENCE_SECONDS)
        assert ready, self.shown
        try:
            read = os.read(self._terminal, 65536)
        except OSError:  # the other side is closed
            return False
        self.shown += read.decode(errors="replace")
        return bool(read)
