"""docs/providers.md says of each feature what the tests prove, and leaves none out."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scripts import feature_table
from tests.proxy.adapters.features import COLUMNS, FEATURES


def test_the_document_says_what_the_tests_prove() -> None:
    """Collected in a process of its own, for this one runs a part of the tests only."""
    check = subprocess.run([sys.executable, "-m", "scripts.feature_table", "--check"], cwd=feature_table.ROOT, check=False)
    assert check.returncode == 0, "run python -m scripts.feature_table"


def test_every_feature_has_a_cell_for_every_provider() -> None:
    document = feature_table.DOCUMENT.read_text(encoding="utf-8")
    rows = document.partition(feature_table.BEGIN)[2].partition(feature_table.END)[0].strip().splitlines()[2:]
    assert len(rows) == len(FEATURES)
    assert [row for row in rows if "| – |" in row] == []


def test_a_stale_document_is_noticed() -> None:
    cells = {(row.id, provider): ("native", "") for row in FEATURES for provider in COLUMNS}
    document = f"a\n{feature_table.BEGIN}\nold\n{feature_table.END}\nb"
    new = feature_table.written(document, cells)
    assert new != document
    assert feature_table.written(new, cells) == new
    assert feature_table.written(new, cells | {("tools", "google"): ("refused", "why")}) != new
    with pytest.raises(ValueError, match="lacks the lines"):
        feature_table.written("no place", cells)


@pytest.mark.parametrize(
    "marks",
    [
        [("no_such_feature", "google", "native")],
        [("tools", "nobody", "native")],
        [("tools", "google", "perhaps")],
        [("tools", "google", "native"), ("tools", "google", "refused")],
        [("tools", "google", "native", "a"), ("tools", "google", "native", "b")],
    ],
)
def test_marks_that_make_no_sense_are_errors(marks: list[tuple[str, ...]]) -> None:
    collector = feature_table.Collector()
    *fine, last = marks
    for mark in fine:
        collector.take(*mark)
    with pytest.raises(ValueError, match=r"no such cell|both|two notes"):
        collector.take(*last)
