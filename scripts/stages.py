"""What `make test` runs, stage by stage, each within its share of the time there is on two cores."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from scripts.layout import VENV, VENV_PYTHON
from scripts.packages import CHROMIUM, POSTGRES, REDIS, Program

_WORKERS = str(min(4, os.cpu_count() or 1))
# Whole files go to one worker: servers and other costly fixtures are made once for each.
_PYTEST = (str(VENV_PYTHON), "-m", "pytest", "-q", "--durations=5", "-p", "no:cacheprovider")
_PARALLEL = (*_PYTEST, "-p", "tests.own_redis_database", "-n", _WORKERS, "--dist", "loadfile")
# What asks no database anything it could answer otherwise, or brings its own: SQLite's run is enough.
_WITHOUT_DATABASE = (
    "tests/crypto",
    "tests/docs",
    "tests/proxy/adapters",
    "tests/proxy/dialects",
    "tests/python_sdk",
    "tests/webhooks/test_outbox_killed.py",
)
_ON_POSTGRES = (*_PARALLEL, *(f"--ignore={path}" for path in _WITHOUT_DATABASE), "--ignore-glob=tests/proxy/test_attacks_*")


@dataclass(frozen=True)
class Stage:
    """One stage: its commands, in order unless `at_once`; its share of the time; what it needs besides packages."""

    name: str
    share_minutes: int
    commands: tuple[tuple[str, ...], ...]
    programs: tuple[Program, ...] = ()
    at_once: bool = False
    servers: bool = False


STAGES = (
    Stage(
        "static",
        2,
        (
            (str(VENV_PYTHON), "-m", "mypy", "."),
            ("npm", "run", "--silent", "check"),
            (str(VENV_PYTHON), "-m", "ruff", "check", "."),
            (str(VENV_PYTHON), "-m", "ruff", "format", "--check", "."),
            (str(VENV / "bin" / "lint-imports"), "--no-cache"),
        ),
        at_once=True,
    ),
    Stage("sqlite", 3, (_PARALLEL,)),
    Stage("postgres", 4, (_ON_POSTGRES,), programs=(POSTGRES, REDIS), servers=True),
    Stage("typescript", 1, (("npm", "test", "--silent"),)),
    Stage("browser", 5, ((*_PYTEST, "-m", "e2e and not long", "--ignore=tests/python_sdk"),), programs=(CHROMIUM,)),
    Stage(
        "examples",
        4,
        (
            (str(VENV_PYTHON), "-m", "scripts.demo"),
            # One relay a worker serves every test, so these are dealt out one by one.
            (*_PYTEST, "-m", "sdks", "-n", _WORKERS, "--dist", "load", "tests/sdks"),
            (*_PYTEST, "-m", "e2e and not long", "-n", _WORKERS, "--dist", "loadfile", "tests/python_sdk"),
        ),
    ),
)

# What takes too long for every change: every page in every state; the races for a budget, many times over, each round from another
# seed.
_RACES = (*_PYTEST, "tests/races", "--rounds", "10")
LONG_STAGES = (
    Stage("browser-all", 15, ((*_PYTEST, "-m", "e2e and long"),), programs=(CHROMIUM,)),
    Stage("long", 5, ((*_PYTEST, "-m", "long and not e2e"),), programs=(POSTGRES, REDIS)),
    Stage("races", 8, (_RACES,)),
    Stage("races-pg", 10, (_RACES,), programs=(POSTGRES, REDIS), servers=True),
)


def test_environment(data_dir: str, servers: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without its own relay settings, on a data folder and servers for the tests alone."""
    own = {"PORT", "DATABASE_URL", "REDIS_URL", "PYTEST_ADDOPTS"}
    if servers:  # a relay beyond one machine is told its secret: system check relay.E006
        servers = {**servers, "RELAY_SECRET_KEY": secrets.token_hex(32)}
    kept = {name: value for name, value in os.environ.items() if name not in own and not name.startswith("RELAY_")}
    return {**kept, "RELAY_DATA_DIR": data_dir, **servers}
