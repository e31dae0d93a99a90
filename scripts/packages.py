"""Programs that the tests drive: found, installed where root can, or named in one line."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.machine import Missing, find_chromium, find_postgres, find_redis

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Program:
    """Something to look for, and the packages that bring it."""

    name: str
    find: Callable[[], Path | None]
    debian: str
    brew: str


CHROMIUM = Program("Chromium", find_chromium, "chromium", "--cask chromium")
POSTGRES = Program("PostgreSQL", find_postgres, "postgresql", "postgresql")
REDIS = Program("Redis", find_redis, "redis-server", "redis")


def require_programs(programs: Collection[Program]) -> None:
    """Have all `programs` on the machine, by apt-get when root; raises Missing with one line naming what to install."""
    missing = [program for program in programs if program.find() is None]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        _apt_install([program.debian for program in missing])
        missing = [program for program in missing if program.find() is None]
    if missing:
        names = ", ".join(program.name for program in missing)
        debian = " ".join(program.debian for program in missing)
        brew = "; ".join(f"brew install {program.brew}" for program in missing)
        raise Missing(f"For the tests there is no {names}. Debian, Ubuntu: apt install {debian}; macOS: {brew}")


def _apt_install(packages: list[str]) -> None:
    print(f"Installing {' '.join(packages)} with apt-get …", flush=True)
    # At run level 1 the packages' own servers are not started: the tests start theirs.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        done = subprocess.run(["apt-get", "--quiet", *command], env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Missing(f"apt-get {command[0]} failed: {(done.stderr or done.stdout).strip()[-2000:]}")
