"""spec/vectors.json in a real browser, by the bundle that the pages are made of."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.e2e.core_bundles import ROOT, build, open_bundle

pytestmark = pytest.mark.e2e

# Well above what a slow machine needs; a derivation that blocks for longer is no longer usable.
ARGON2_LIMIT_MS = 15_000


@pytest.fixture(scope="module")
def vectors_page() -> Iterator[tuple[Page, list[str]]]:
    """A page that can run every case."""
    build()
    with open_bundle("vectors") as opened:
        yield opened


def test_every_vector_passes_in_chromium(vectors_page: tuple[Page, list[str]]) -> None:
    page, complaints = vectors_page
    outcomes = page.evaluate("() => window.runVectors()")
    assert [outcome for outcome in outcomes if outcome["failure"] is not None] == []
    assert len(outcomes) >= _entries_with_one_case_each()
    assert complaints == []


def test_argon2_runs_in_its_worker_under_the_content_security_policy(vectors_page: tuple[Page, list[str]]) -> None:
    page, complaints = vectors_page
    ticks, milliseconds = page.evaluate(
        """async () => {
          let ticks = 0;
          const timer = setInterval(() => ticks++, 5);
          const milliseconds = await window.timeArgon2();
          clearInterval(timer);
          return [ticks, milliseconds];
        }"""
    )
    print(f"Argon2id, 64 MiB, t = 3: {milliseconds:.0f} ms")
    assert 0 < milliseconds < ARGON2_LIMIT_MS
    assert ticks >= 2, "the page's own thread stood still"
    assert complaints == []


def _entries_with_one_case_each() -> int:
    vectors = json.loads((ROOT / "spec/vectors.json").read_text())
    lists = (
        "tokens",
        "badTokens",
        "emails",
        "kdfRefused",
        "kdfAccepted",
        "passwordsRefused",
        "badProofs",
        "refusedPublicKeys",
        "mustNotOpen",
    )
    return sum(len(vectors[name]) for name in lists)
