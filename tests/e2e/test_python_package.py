"""The Python package as its users get it: the built wheel in an empty environment, and the README's code against a live relay."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from scripts.layout import ROOT
from tests.docs.blocks import Block, to_run
from tests.e2e.test_docs_code import PYTHON_PRELUDE, Reader, reader, run

__all__ = ["reader"]
pytestmark = pytest.mark.e2e

BLOCKS = [block for block in to_run("python") if block.source == "clients/python-sdk/README.md"]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The interpreter of an environment with the wheel in it, and beside it only what the checkout's has from its hashed lists."""
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder), str(ROOT / "clients" / "python-sdk")]
    subprocess.run(build, check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    interpreter = str(folder / "venv" / "bin" / "python")
    pip = [sys.executable, "-m", "pip", "--python", interpreter, "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, *map(str, folder.glob("*.whl"))], check=True)
    site = Path(run([interpreter, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], {}).strip())
    (site / "others.pth").write_text(sysconfig.get_path("purelib"))  # whose own .pth files, the editable package's, are not followed
    return interpreter


@pytest.mark.parametrize("block", [BLOCKS[0], *(pytest.param(block, marks=pytest.mark.long) for block in BLOCKS[1:])], ids=str)
def test_the_readme_runs_from_the_installed_wheel(reader: Reader, python: str, block: Block) -> None:  # pytest's way
    where = run([python, "-c", "import onerelay; print(onerelay.__file__)"], {})
    assert str(Path(python).parents[1]) in where
    prelude = PYTHON_PRELUDE.replace("GIVEN", repr(json.dumps(reader.given(block))))
    printed = run([python, "-W", "error", "-X", "dev", "-"], {}, prelude + reader.filled(block))
    assert printed.strip()
    if block is BLOCKS[0]:
        assert printed.startswith("You asked: “Hello!”. ")
