"""Talking to the person: tables and sentences out, questions and secrets in. Text that came from elsewhere is made harmless."""

from __future__ import annotations

import getpass
import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

_TTY = Path("/dev/tty")
_WIDE = 200


class Unanswered(Exception):
    """A question was answered with no, or there is nobody to ask."""


def clean(text: object) -> str:
    """Text of the relay's or an app's without anything that steers a terminal or turns its reading direction."""
    return "".join("�" if unicodedata.category(one).startswith("C") else one for one in str(text))


class Terminal:
    """Results go to standard output, everything else to standard error; with `as_json` a result is one JSON value."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._out = _console(sys.stdout, stderr=False)
        self._err = _console(sys.stderr, stderr=True)

    def result(self, value: Any, *said: Text | Table | str) -> None:
        """What a command was asked for: `value` for scripts, `said` for people."""
        if self.as_json:
            sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
            return
        for one in said:
            self._out.print(one)

    def note(self, *said: Text | Table | str, style: str | None = None) -> None:
        """Something said beside the result."""
        with suppress(OSError):
            for one in said:
                self._err.print(one, style=style)

    def busy(self, words: str) -> Any:
        """Shows that something takes its time, where somebody looks."""
        return self._err.status(words)

    def error(self, code: str, message: str, **more: Any) -> None:
        """Why the command failed, and what to do."""
        with suppress(OSError):
            if self.as_json:
                sys.stderr.write(json.dumps({"error": {"code": code, "message": message, **more}}, ensure_ascii=False) + "\n")
            else:
                self._err.print(Text.assemble(("error: ", "bold red"), clean(message)))

    def secret(self, prompt: str, otherwise: str) -> str:
        """A secret, typed without echo. `otherwise`: what to do where nobody can be asked. Raises Unanswered."""
        if not can_ask():
            raise Unanswered(otherwise)
        return getpass.getpass(f"{prompt}: ")

    def ask(self, prompt: str, otherwise: str) -> str:
        """A line. Raises Unanswered."""
        if not can_ask():
            raise Unanswered(otherwise)
        if os.name == "nt" or sys.stdin.isatty():
            sys.stderr.write(f"{prompt}: ")
            sys.stderr.flush()
            return sys.stdin.readline().rstrip("\n")
        with _TTY.open("r+", encoding="utf-8", buffering=1, newline=None) as tty:  # standard input is taken by --…-stdin
            tty.write(f"{prompt}: ")
            return tty.readline().rstrip("\n")

    def confirm(self, question: str, otherwise: str) -> None:
        """Pass if the person says yes. Raises Unanswered."""
        if self.ask(f"{question} [y/N]", otherwise).strip().lower() not in {"y", "yes"}:
            raise Unanswered("Nothing was done.")


def _console(stream: TextIO, *, stderr: bool) -> Console:
    # Where nobody looks, nothing is cut to the width of a screen.
    width = None if stream.isatty() else _WIDE
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False, width=width, soft_wrap=width is not None)


def can_ask() -> bool:
    """Whether somebody is at a terminal of this process."""
    if os.name == "nt":
        return sys.stdin.isatty()
    try:
        os.close(os.open(_TTY, os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Rows under headings, without lines around them."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        shown.add_column(column, overflow="fold")
    for row in rows:
        shown.add_row(*(cell if isinstance(cell, Text) else Text(clean(cell)) for cell in row))
    return shown


def pairs(rows: Iterable[tuple[str, object]]) -> Table:
    """What is known of one thing, a line each."""
    shown = Table(box=None, pad_edge=False, show_header=False)
    shown.add_column(style="dim")
    shown.add_column(overflow="fold")
    for name, value in rows:
        shown.add_row(name, value if isinstance(value, Text) else Text(clean(value)))
    return shown
