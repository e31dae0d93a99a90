"""The fake provider and the load generator: compiled when they are first needed, and run."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.layout import ROOT
from scripts.machine import Missing

SOURCES = Path(__file__).parent
BUILD = ROOT / "build" / "bench"
_GRACE_SECONDS = 60


@dataclass(frozen=True)
class Quantiles:
    """Microseconds."""

    count: int
    p50: int
    p99: int
    max: int


@dataclass(frozen=True)
class Load:
    """What one run of the generator saw. `failures` counts answers that were not, to the byte, what was asked for.

    `lateness` is of events that came while all requests were under way, `lateness_partly` of those before and after.
    """

    requests: int
    seconds: float
    events: int
    reads_of_streams: int
    connects: int
    failures: dict[str, int]
    ttfb: Quantiles | None
    took: Quantiles | None
    lateness: Quantiles | None
    lateness_partly: Quantiles | None

    @property
    def failed(self) -> int:
        """How many requests failed, for whatever reason."""
        return sum(self.failures.values())


def compiled(name: str) -> Path:
    """The program made of bench/NAME.c, compiled anew if that has changed. Raises Missing without a C compiler."""
    source, program = SOURCES / f"{name}.c", BUILD / name
    if program.exists() and program.stat().st_mtime >= source.stat().st_mtime:
        return program
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise Missing("A C compiler is missing. Debian, Ubuntu: apt install gcc libc6-dev")
    BUILD.mkdir(parents=True, exist_ok=True)
    fresh = BUILD / f"{name}.new"
    done = subprocess.run([compiler, "-O2", "-Wall", "-Wextra", "-o", fresh, source], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Missing(f"{source.name} can't be compiled (epoll: Linux alone).\n{done.stderr}")
    fresh.replace(program)
    return program


def load(
    port: int,
    path: str,
    tokens: Path,
    calls: str,
    *,
    at_once: int,
    requests: int = 0,
    seconds: float = 120,
    spread_ms: int = 0,
) -> Load:
    """Make calls and wait for the end: `requests` of them, or with 0 as many as `seconds` allow (generator.c says more)."""
    numbers = [str(number) for number in (at_once, requests, seconds, spread_ms)]
    command = [str(compiled("generator")), str(port), path, calls, *numbers, str(tokens)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=seconds + _GRACE_SECONDS)
    answer: dict[str, Any] = json.loads(done.stdout)
    for name in ("ttfb", "took", "lateness", "lateness_partly"):
        answer[name] = _quantiles(answer.pop(f"{name}_us"))
    return Load(**answer)


def _quantiles(found: dict[str, int] | None) -> Quantiles | None:
    return Quantiles(**found) if found else None
