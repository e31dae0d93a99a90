"""The command `onerelay`."""

from __future__ import annotations

import sys

_EXTRA = {"argon2", "click", "cryptography", "rich"}


def main() -> None:
    """Run the command with this process's arguments, and end the process with its exit code."""
    try:
        from onerelay.cli.program import program  # noqa: PLC0415  (the extra may be missing)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        sys.exit("The command line needs more than the library. Install it with:  pip install 'onerelay[cli]'")
    program()
