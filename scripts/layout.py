"""Where things are: the checkout, its virtual environment, the data folder, the two ports."""

from __future__ import annotations

import os
from pathlib import Path

from scripts.machine import Missing

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"


def data_dir() -> Path:
    """RELAY_DATA_DIR, or `data` in the checkout; relative paths count from the checkout."""
    given = os.environ.get("RELAY_DATA_DIR") or "data"
    return (ROOT / Path(given).expanduser()).resolve()


def make_data_dir() -> Path:
    """The data folder, made if need be, for its user alone (0700). Raises Missing if it can't be made."""
    folder = data_dir()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Missing(f"The data folder {folder} can't be made: {error.strerror}. RELAY_DATA_DIR names another.") from None
    return folder


def port() -> int:
    """PORT, 8000 without one; the demo app takes the next. Raises Missing for anything that is no port."""
    given = os.environ.get("PORT") or "8000"
    if not (given.isascii() and given.isdecimal()) or not 1 <= int(given) <= 65534:
        raise Missing(f"PORT must be a number from 1 to 65534, not {given!r}.")
    return int(given)
