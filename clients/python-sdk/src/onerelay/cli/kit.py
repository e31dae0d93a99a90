"""Where a recovery code goes, once: onto the terminal itself or into a file, never into a pipe or a log."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from onerelay.cli.terminal import Terminal, Unanswered, can_ask

_NOWHERE = "There is no terminal to show the recovery code on. Name a new file for it with --kit-file."
_PAPER = """
    Your recovery code, shown this once:

        {code}

    It opens your vault if you lose the password. Write it down and keep it away from this machine.
"""


class KitPlace:
    """Made before the code is: a place that does not work must not cost anybody their kit."""

    def __init__(self, terminal: Terminal, kit_file: str | None) -> None:
        """Raises Unanswered where there is neither file nor terminal; FileExistsError as a usage error is the caller's."""
        self._terminal = terminal
        self._path = Path(kit_file) if kit_file else None
        self._handle: int | None = None
        if self._path is not None:
            try:
                self._handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except OSError as error:
                raise Unanswered(f"{self._path} can’t be made: {error.strerror}. Name a new file with --kit-file.") from None
        elif not can_ask():
            raise Unanswered(_NOWHERE)

    def show(self, code: str) -> None:
        """Hand the code over."""
        if self._handle is not None:
            with os.fdopen(self._handle, "w", encoding="utf-8") as file:
                file.write(f"{code}\n")
            self._handle = None
            self._terminal.note(f"The recovery code is in {self._path}. Move it to a safe place.")
        elif os.name == "nt":
            sys.stderr.write(_PAPER.format(code=code))
        else:
            with Path("/dev/tty").open("w", encoding="utf-8") as tty:
                tty.write(_PAPER.format(code=code))

    def give_up(self) -> None:
        """There is no code: nothing is left behind."""
        if self._handle is not None and self._path is not None:
            os.close(self._handle)
            self._path.unlink()
            self._handle = None
