"""No block of code goes unrun without saying so to its readers."""

from __future__ import annotations

import json
import re

import pytest

from relay.docs.markdown import show_code
from tests.docs.blocks import ROOT, Block, blocks, to_run

RUN = {"js", "ts", "python", "sh"}
"""By tests/e2e/test_docs_code.py and (in the browser) test_docs_quick_start.py, which take every
block of these languages that does not say otherwise."""
QUICK_START = "docs/site/quick-start.md"


def test_every_block_is_run_or_says_why_not(capsys: pytest.CaptureFixture[str]) -> None:
    unrun = [block for block in blocks() if block.fence.not_run]
    with capsys.disabled():
        print("\nCode that no test runs, and what its readers are told:")
        for block in unrun:
            print(f"  {block}: {block.fence.not_run}")
    for block in blocks():
        fence = block.fence
        if not (fence.not_run or fence.run_by):
            # Files belong together: the quick start's are run as the app they make.
            assert fence.language in RUN | {"json"} or (fence.file and block.source == QUICK_START), f"{block} needs a reason or a runner"
    assert len(unrun) < len(blocks()) / 2


@pytest.mark.parametrize("block", [block for block in blocks() if block.fence.run_by], ids=str)
def test_the_test_that_is_said_to_run_a_block_does(block: Block) -> None:
    test = re.sub(r"[\"',\[\]\s]+", " ", (ROOT / block.fence.run_by).read_text())
    assert any(re.sub(r"[\"',\[\]\s]+", " ", line).strip() in test for line in block.code.splitlines()) or block.source in test


@pytest.mark.parametrize("block", [block for block in blocks() if block.fence.not_run], ids=str)
def test_readers_see_the_reason(block: Block) -> None:
    shown = show_code(block.code, block.fence)
    assert "Not run by our tests" in shown
    assert len(block.fence.not_run) > 10


def test_json_can_be_read() -> None:
    for block in to_run("json"):
        assert json.loads(block.code) is not None, block
