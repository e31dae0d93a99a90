"""`python -m scripts.feature_table [--check]`: write the table of features into docs/providers.md, out of the tests' marks.

`--check` writes nothing and ends with 1 where the document says something else.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.proxy.adapters.features import COLUMNS, FEATURES, KINDS

ROOT: Final = Path(__file__).resolve().parent.parent
DOCUMENT: Final = ROOT / "docs" / "providers.md"
TESTS: Final = "tests/proxy/adapters"
BEGIN: Final = "<!-- features: written by python -m scripts.feature_table -->"
END: Final = "<!-- end of features -->"

Cells = dict[tuple[str, str], tuple[str, str]]
"""(feature, provider) → kind and note."""


class Collector:
    """Reads the marks of every collected test."""

    def __init__(self) -> None:
        self.cells: Cells = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Take every mark. Raises ValueError for one that names no row, column or kind, or contradicts another."""
        for item in session.items:
            for mark in item.iter_markers("feature"):
                self.take(*mark.args, **mark.kwargs)

    def take(self, feature: str, provider: str, kind: str, note: str = "") -> None:
        """Note one mark."""
        if feature not in {row.id for row in FEATURES} or provider not in COLUMNS or kind not in KINDS:
            raise ValueError(f"no such cell: {feature}, {provider}, {kind}")
        known, old_note = self.cells.get((feature, provider), (kind, ""))
        if known != kind:
            raise ValueError(f"{feature} at {provider} is both {known} and {kind}")
        if note and old_note and note != old_note:
            raise ValueError(f"{feature} at {provider} has two notes")
        self.cells[feature, provider] = (kind, note or old_note)


def collected() -> Cells:
    """The cells that the tests prove. Raises RuntimeError where they can't be collected."""
    collector = Collector()
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        result = pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", str(ROOT / TESTS)], plugins=[collector])
    if result != pytest.ExitCode.OK:
        raise RuntimeError(said.getvalue())
    return collector.cells


def table(cells: Cells) -> str:
    """The Markdown table; a cell that no test proves is a dash."""
    lines = [f"| | {' | '.join(COLUMNS.values())} |", "|---" * (len(COLUMNS) + 1) + "|"]
    for row in FEATURES:
        found = [_cell(*cells[row.id, provider]) if (row.id, provider) in cells else "–" for provider in COLUMNS]
        lines.append(f"| {row.title} | {' | '.join(found)} |")
    return "\n".join(lines)


def _cell(kind: str, note: str) -> str:
    return f"{kind}: {note}" if note else kind


def written(document: str, cells: Cells) -> str:
    """The document with the table in its place. Raises ValueError where it has no place for it."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{DOCUMENT.name} lacks the lines between which the table goes")
    return f"{before}{BEGIN}\n\n{table(cells)}\n\n{END}{after}"


def main(arguments: list[str]) -> int:
    """Write or check; answers the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    checks = parser.parse_args(arguments).check
    old = DOCUMENT.read_text(encoding="utf-8")
    new = written(old, collected())
    if checks:
        return int(new != old)
    DOCUMENT.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
