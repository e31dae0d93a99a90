"""What `python -m build` makes of the package: all of it, and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

import onerelay

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "clients" / "python-sdk"
NAME = f"onerelay-{onerelay.__version__}"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the two archives are."""
    folder = tmp_path_factory.mktemp("made")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(PROJECT)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def sources() -> set[str]:
    """Every file of the package, from `onerelay/` on."""
    files = (PROJECT / "src").rglob("*")
    return {path.relative_to(PROJECT / "src").as_posix() for path in files if path.is_file() and "__pycache__" not in path.parts}


def test_both_archives_hold_the_package_and_what_belongs_to_it(made: Path) -> None:
    assert sorted(path.name for path in made.iterdir()) == [f"{NAME}-py3-none-any.whl", f"{NAME}.tar.gz"]
    with zipfile.ZipFile(made / f"{NAME}-py3-none-any.whl") as wheel:
        about = {f"{NAME}.dist-info/{name}" for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")}
        assert set(wheel.namelist()) == sources() | about
        assert "onerelay/py.typed" in wheel.namelist()
        metadata = HeaderParser().parsestr(wheel.read(f"{NAME}.dist-info/METADATA").decode())
    beside = {"README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml", "PKG-INFO", ".gitignore"}
    with tarfile.open(made / f"{NAME}.tar.gz") as sdist:
        held = {name.removeprefix(f"{NAME}/") for name in sdist.getnames()}
        assert held | {".gitignore"} == {f"src/{name}" for name in sources()} | beside
    assert (metadata["Version"], metadata["License-Expression"], metadata["Requires-Python"]) == (
        onerelay.__version__,
        "Apache-2.0",
        ">=3.11",
    )
    needed = metadata.get_all("Requires-Dist") or []
    assert [one for one in needed if "extra ==" not in one] == ["httpx<1,>=0.27"], "the library needs httpx alone"
    assert metadata["Description-Content-Type"] == "text/markdown"


def test_the_version_has_its_entry_in_the_change_log() -> None:
    assert f"\n## {onerelay.__version__}\n" in (PROJECT / "CHANGELOG.md").read_text()
    assert (PROJECT / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


def test_the_library_alone_imports_what_it_needs_alone() -> None:
    extra = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["cli"]
    modules = sorted({re.split(r"[<>=]", one)[0].removesuffix("-cffi") for one in extra})
    code = f"import sys, httpx; before = set(sys.modules); import onerelay; print(sorted(set({modules!r}) & (set(sys.modules) - before)))"
    # httpx, which brings a command of its own, comes first.
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
