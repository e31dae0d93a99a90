"""Stamps: what a step of the set-up was done for, so that it is repeated only when that changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.layout import VENV

_NOT_SOURCES = {"node_modules", "dist", "build", "__pycache__"}


@dataclass(frozen=True)
class Step:
    """One step: its name, the digest of all it depends on, and what it must have left behind."""

    name: str
    wanted: str
    outputs: tuple[Path, ...]

    def is_done(self) -> bool:
        """Whether it ran for exactly these facts and its outputs are still there."""
        return self._stamp.exists() and self._stamp.read_text() == self.wanted and all(o.exists() for o in self.outputs)

    def done(self) -> None:
        """Writes the stamp; only after the step has succeeded."""
        self._stamp.parent.mkdir(exist_ok=True)
        self._stamp.write_text(self.wanted)

    @property
    def _stamp(self) -> Path:
        return VENV / "stamps" / self.name


def digest(paths: Iterable[Path], *facts: str) -> str:
    """SHA-256 over names and contents of `paths` (folders with all sources below) and over `facts`."""
    whole = hashlib.sha256()
    for path in sorted(_files(paths)):
        whole.update(f"{path}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\0".encode())
    whole.update("\0".join(facts).encode())
    return whole.hexdigest()


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_file():
            yield path
        elif path.is_dir():
            yield from _files(child for child in path.iterdir() if child.name not in _NOT_SOURCES)
