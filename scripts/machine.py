"""What the machine must bring along. Whatever is missing is one line that names the package to install."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

NODE_MINIMUM = (20, 19)
_CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_POSTGRES_FOLDERS = ("/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt", "/usr/pgsql")


class Missing(Exception):
    """Something the machine lacks, or a setting that makes no sense; the message is all the user needs to see."""


def require_venv() -> None:
    """Raises Missing unless this Python can make virtual environments (Debian packages that apart)."""
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise Missing("Python's venv module is missing. Debian, Ubuntu: apt install python3-venv")


def require_node() -> str:
    """Node's version, such as `v20.19.0`. Raises Missing without Node 20 and npm."""
    node = shutil.which("node")
    advice = "Debian 13+, Ubuntu 25.04+: apt install nodejs npm; macOS: brew install node; else nodejs.org"
    if node is None:
        raise Missing(f"Node.js is missing (20.19 or newer is needed). {advice}")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    numbers = re.match(r"v(\d+)\.(\d+)", version)
    if numbers is None or (int(numbers[1]), int(numbers[2])) < NODE_MINIMUM:
        raise Missing(f"Node.js is {version}; 20.19 or newer is needed. {advice}")
    if shutil.which("npm") is None:
        raise Missing("npm is missing. Debian, Ubuntu: apt install npm; macOS: brew install node")
    return version


def find_chromium() -> Path | None:
    """The first Chromium or Chrome there is: on the PATH, else where macOS keeps applications."""
    for name in _CHROMIUM_NAMES:
        if found := shutil.which(name):
            return Path(found)
    for application in ("Chromium", "Google Chrome"):
        program = Path(f"/Applications/{application}.app/Contents/MacOS/{application}")
        if program.exists():
            return program
    return None


def find_postgres() -> Path | None:
    """The folder holding both `initdb` and `postgres`, the newest version first."""
    folders = [Path(folder) for folder in os.get_exec_path()]
    for base in _POSTGRES_FOLDERS:
        installed = [*Path(base).glob("[0-9]*/bin"), *Path(base).glob("postgresql*/bin")]
        folders += sorted(installed, key=_version, reverse=True)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return None


def find_redis() -> Path | None:
    """`redis-server`, or its successor `valkey-server`."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    return Path(found) if found else None


def _version(folder: Path) -> int:
    numbers = re.findall(r"\d+", folder.parent.name)
    return int(numbers[-1]) if numbers else 0
