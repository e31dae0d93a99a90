"""Sets everything up: virtual environment, npm packages, build, database. `make setup` and, first thing, `make run`.

Needs Python 3.11 and Node 20 alone. Every step leaves a stamp, so that a second start repeats only what changed.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import subprocess
import sys

from scripts.layout import ROOT, VENV, VENV_PYTHON, make_data_dir
from scripts.machine import Missing, require_node, require_venv
from scripts.stamps import Step, digest

_BASE_LOCK = ROOT / "requirements" / "base.txt"
_DEV_LOCK = ROOT / "requirements" / "dev.txt"
_PYTHON_SDK = ROOT / "clients" / "python-sdk"
_BUILT = (ROOT / "static" / "dist", ROOT / "clients" / "link-sdk" / "dist", ROOT / "clients" / "node-sdk" / "dist")
_PYTHON_VERSION = "import sys; print(*sys.version_info[:2], sep='.'); sys.exit(sys.version_info < (3, 11))"


def set_up(*, dev: bool = False) -> None:
    """Bring the checkout up to date, `dev` with what tests and linters need; writes .venv, node_modules and builds.

    One set-up at a time per checkout. Raises Missing with one line for the user.
    """
    checkout = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(checkout, fcntl.LOCK_EX)
        node_version = require_node()
        version = _make_venv()
        _install_python_packages(version, dev=dev)
        if dev:
            _install_python_sdk(version)
        _install_npm_packages(node_version)
        _build()
    finally:
        os.close(checkout)


def prepare_data() -> None:
    """Create the data folder (0700) and bring its database up to date; both are for their user alone."""
    environment = {**os.environ, "RELAY_DATA_DIR": str(make_data_dir())}
    for command in ("migrate --no-input", "createcachetable"):
        manage = [str(VENV_PYTHON), "manage.py", *command.split(), "--verbosity", "0"]
        _run(manage, "The database", environment, umask=0o077)


def _make_venv() -> str:
    """The environment's Python version, such as `3.11`; the environment is made anew if it is absent or broken."""
    version = _venv_version()
    if version is None:
        require_venv()
        print("Creating the virtual environment .venv …", flush=True)
        base = getattr(sys, "_base_executable", sys.executable)
        _run([base, "-m", "venv", "--clear", str(VENV)], "The virtual environment")
        version = _venv_version()
    if version is None:
        raise Missing("The virtual environment .venv does not work. Delete it and start again.")
    return version


def _venv_version() -> str | None:
    try:
        answer = subprocess.run([VENV_PYTHON, "-c", _PYTHON_VERSION], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.strip()


def _install_python_packages(version: str, *, dev: bool) -> None:
    place = f"{version} {VENV}"
    everything = Step("python-dev", digest([_BASE_LOCK, _DEV_LOCK], place), (VENV_PYTHON,))
    base = Step("python-base", digest([_BASE_LOCK], place), (VENV_PYTHON,))
    if everything.is_done() or (base.is_done() and not dev):
        return
    step, lock = (everything, _DEV_LOCK) if dev else (base, _BASE_LOCK)
    print(f"Installing Python packages from {lock.relative_to(ROOT)} …", flush=True)
    pip = [str(VENV_PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    _run([*pip, "--requirement", str(lock)], "Installing Python packages")
    step.done()


def _install_python_sdk(version: str) -> None:
    """Has .venv import `onerelay` from this checkout; everything it needs, its build tool included, came with the hashed packages."""
    facts = [_PYTHON_SDK / "pyproject.toml", _DEV_LOCK]
    step = Step("python-sdk", digest(facts, f"{version} {VENV}"), (VENV_PYTHON, VENV / "bin" / "onerelay"))
    if step.is_done():
        return
    pip = [str(VENV_PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--no-index", "--no-deps", "--no-build-isolation", "--editable", str(_PYTHON_SDK)], "Installing the Python SDK")
    step.done()


def _install_npm_packages(node_version: str) -> None:
    manifest = ROOT / "package.json"
    workspaces = json.loads(manifest.read_text())["workspaces"]
    manifests = [found for pattern in workspaces for found in sorted(ROOT.glob(f"{pattern}/package.json"))]
    facts = [manifest, ROOT / "package-lock.json", ROOT / ".npmrc", *manifests]
    step = Step("npm", digest(facts, node_version), (ROOT / "node_modules",))
    if step.is_done():
        return
    print("Installing npm packages from package-lock.json …", flush=True)
    _run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel", "error"], "Installing npm packages")
    step.done()


def _build() -> None:
    folders = [*(folder for folder in (ROOT / "clients").iterdir() if folder != _PYTHON_SDK), ROOT / "examples"]
    sources = [*folders, *ROOT.glob("spec/*.json"), *ROOT.glob("tsconfig*.json"), ROOT / "package-lock.json"]
    step = Step("build", digest(sources), _BUILT)
    if step.is_done():
        return
    print("Building page scripts and SDKs …", flush=True)
    _run(["npm", "run", "--silent", "build"], "The build")
    step.done()


def _run(command: list[str], what: str, environment: dict[str, str] | None = None, umask: int = -1) -> None:
    """Run `command` in the checkout, showing what it printed only if it fails; raises Missing naming `what`."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        umask=umask,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        print(done.stdout, file=sys.stderr)
        raise Missing(f"{what} failed; the lines above say why.")


def main() -> int:
    """Set up from the command line."""
    parser = argparse.ArgumentParser(prog="make setup", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--dev", action="store_true", help="also what tests and linters need")
    try:
        set_up(dev=parser.parse_args().dev)
        prepare_data()
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
