"""docs/site/command-line.md, typed at a terminal as its readers would, in its order."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from onerelay.cli import program
from onerelay.cli.program import _EPILOG
from scripts.demo_relay import running_relay
from tests.docs.blocks import ROOT, Block, blocks
from tests.fake_provider import Answer, FakeProvider, Received, whole
from tests.python_sdk.user.machines import PASSWORD, Machine, Sitting
from tests.sdks import vendors

PAGE = "docs/site/command-line.md"
PLACE = "tests/python_sdk/user/test_documentation.py"
KEY = "sk-" + "proj-documentation-0123456789"
BASH = "/bin/bash"


def own_blocks() -> list[Block]:
    """The page's blocks that this file runs."""
    return [block for block in blocks() if block.source == PAGE and block.fence.run_by]


def test_the_page_and_the_help_name_the_same_exit_codes() -> None:
    page = (ROOT / PAGE).read_text()
    for code in (program.FAILED, program.USAGE, program.SIGN_IN, program.NO_RELAY_ANSWER, program.REFUSED_HERE, program.UNANSWERED):
        assert f"\n| {code} | " in page
        assert f"{code} " in _EPILOG
    for code in (program.KEY_FAILS, program.INTERRUPTED, 125, 126, 127):
        assert str(code) in page
        assert str(code) in _EPILOG


def test_the_readme_shows_a_block_of_the_page() -> None:
    (shown,) = [block.code for block in blocks() if block.source == "README.md" and block.fence.run_by == PLACE]
    assert shown in {block.code for block in own_blocks()}


def openai(received: Received) -> Answer:
    """What OpenAI answers, its list of models among it."""
    if received.target.startswith("/v1/models"):
        return whole({"object": "list", "data": [{"id": "gpt-4o-mini", "object": "model"}]})
    return vendors.answer(received)


@pytest.mark.e2e
def test_the_page_leads_from_nothing_to_a_call(tmp_path: Path, new_answering: Callable[[Machine, str], str]) -> None:
    with FakeProvider() as provider:
        provider.will(openai)
        with running_relay(tmp_path, {"RELAY_UPSTREAM_OPENAI": provider.base}) as relay:
            machine = Machine(relay, tmp_path / "state")
            (tmp_path / "work").mkdir()
            shown = {}
            for block in own_blocks():
                code = block.code.replace("https://relay.example", relay).replace("ada@example.com", machine.email)
                if block.fence.file:
                    (tmp_path / "work" / block.fence.file).write_text(code)
                elif block.fence.language == "python":
                    shown[block.code] = run_python(code)
                else:
                    shown[block.code] = new_answering(machine, f"cd {tmp_path}/work\n{code}")
    texts = list(shown.values())
    assert "Your key of openai is saved." in texts[0]
    assert "the connection is revoked" in texts[1]
    assert "onerelay run: python" in texts[2]
    assert "spent" in texts[3]
    assert "openai" in texts[-1]
    assert not any(PASSWORD in text or KEY in text for text in texts)


def run_python(code: str) -> str:
    """What a program printed that has the password."""
    given = f"password = {PASSWORD!r}\n{code}"
    return subprocess.run([sys.executable, "-"], input=given, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.fixture
def new_answering() -> Callable[[Machine, str], str]:
    """Types a block at a terminal and answers what it asks."""

    def run(machine: Machine, script: str) -> str:
        answers = {
            "Email: ": machine.email,
            "(12 characters or more): ": PASSWORD,
            "Once more: ": PASSWORD,
            "Master password: ": PASSWORD,
            "Key of OpenAI: ": KEY,
            "[y/N]: ": "y",
        }
        environment = {**machine.environment(), "VAULT_PASSWORD": PASSWORD}
        environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
        del environment["ONERELAY_RELAY"]
        sitting = Sitting([BASH, "-e", "-c", script], environment, machine)
        sitting.answer(answers)
        assert sitting.end() == 0, sitting.shown
        return sitting.shown

    return run
