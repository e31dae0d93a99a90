"""What is missing on a machine is one line that names the package; set-up repeats only what changed."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts import layout, machine, packages
from scripts.stamps import digest

ROOT = Path(__file__).resolve().parents[2]


def set_up_with(programs: Path) -> subprocess.CompletedProcess[str]:
    """`make setup`'s command on a machine that has only `programs` on its PATH."""
    return subprocess.run(
        [sys.executable, "-m", "scripts.setup"],
        cwd=ROOT,
        env={"PATH": str(programs), "RELAY_DATA_DIR": str(programs / "data")},
        capture_output=True,
        text=True,
        check=False,
    )


def program(folder: Path, name: str, says: str = "") -> None:
    """Put a program into `folder` that prints one line."""
    (folder / name).write_text(f"#!/bin/sh\necho {says}\n")
    (folder / name).chmod(0o755)


def test_a_machine_without_node_is_told_in_one_line(tmp_path: Path) -> None:
    done = set_up_with(tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("Node.js is missing")
    assert "apt install nodejs npm" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("version", ["v18.20.4", "v20.18.3", "garbage"])
def test_an_old_node_is_named_with_the_version_needed(tmp_path: Path, version: str) -> None:
    program(tmp_path, "node", version)
    done = set_up_with(tmp_path)
    assert done.returncode == 1
    assert f"Node.js is {version}; 20.19 or newer is needed." in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_node_without_npm_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "node", "v20.19.0")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(machine.Missing, match="apt install npm"):
        machine.require_node()
    program(tmp_path, "npm")
    assert machine.require_node() == "v20.19.0"


def test_a_python_without_venv_is_told_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    machine.require_venv()
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(machine.Missing, match="apt install python3-venv"):
        machine.require_venv()


def test_missing_test_programs_are_named_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no apt-get either: nothing is installed
    absent = [packages.Program(name, lambda: None, name.lower(), name.lower()) for name in ("Tea", "Coffee")]
    with pytest.raises(machine.Missing, match=r"no Tea, Coffee\. Debian, Ubuntu: apt install tea coffee"):
        packages.require_programs(absent)


@pytest.mark.parametrize("name", ["chromium", "google-chrome-stable"])
def test_a_browser_is_found_under_any_of_its_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    program(tmp_path, name)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.find_chromium() == tmp_path / name


@pytest.mark.parametrize("given", ["0", "65535", "-1", "80a", "٣"])
def test_a_port_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("PORT", given)
    with pytest.raises(machine.Missing, match="PORT must be a number"):
        layout.port()


def test_a_data_folder_that_cannot_be_made_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("RELAY_DATA_DIR", str(tmp_path / "file" / "data"))
    with pytest.raises(machine.Missing, match="can't be made: Not a directory"):
        layout.make_data_dir()


def test_a_data_folder_is_its_users_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELAY_DATA_DIR", str(tmp_path / "data"))
    assert layout.make_data_dir().stat().st_mode & 0o777 == 0o700


def test_a_digest_follows_sources_and_facts_and_ignores_what_is_built(tmp_path: Path) -> None:
    source = tmp_path / "src" / "a.ts"
    source.parent.mkdir()
    source.write_text("one")
    before = digest([tmp_path], "v20")
    built = tmp_path / "dist" / "a.js"
    built.parent.mkdir()
    built.write_text("built")
    assert digest([tmp_path], "v20") == before
    assert digest([tmp_path], "v22") != before
    source.write_text("two")
    assert digest([tmp_path], "v20") != before
    source.write_text("one")
    assert digest([tmp_path], "v20") == before
    source.rename(source.with_name("b.ts"))
    assert digest([tmp_path], "v20") != before
