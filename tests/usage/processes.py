"""Starts tests.usage.child against the very database the test runs on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent


def database_url() -> str:
    """The test database's own address."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def start(**order: Any) -> subprocess.Popen[str]:
    """A child with this order; its report is one line on its standard output."""
    environment = {**os.environ, "DATABASE_URL": database_url()}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.usage.child", json.dumps(order)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def report(child: subprocess.Popen[str]) -> dict[str, Any]:
    """What the child did, once it says so."""
    output: IO[str] | None = child.stdout
    assert output is not None
    line = output.readline()
    assert line, f"the child ended with {child.wait(10)} and said nothing"
    said: dict[str, Any] = json.loads(line)
    return said


def finish(child: subprocess.Popen[str]) -> None:
    """Wait for an orderly end."""
    assert child.wait(60) == 0
    if child.stdout:
        child.stdout.close()


def kill(child: subprocess.Popen[str]) -> None:
    """kill -9."""
    child.kill()
    child.wait(10)
    if child.stdout:
        child.stdout.close()
