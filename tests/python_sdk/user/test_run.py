"""`onerelay run`: the program works without a key, its connection ends with it, and signals and exit codes pass through."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.python_sdk.user.machines import PASSWORD, Machine

pytestmark = pytest.mark.e2e

RUN = ("run", "--provider", "sandbox", "--budget", "2.50", "--")
ASKS = """
import openai
chat = openai.OpenAI().chat.completions.create(model="sandbox-small", messages=[{"role": "user", "content": "Hello"}])
print(chat.choices[0].message.content)
raise SystemExit(42)
"""
# Says which signals it gets, and ends at SIGTERM with a code of its own.
LISTENS = """
import os, signal, sys, time
for one in (signal.SIGINT, signal.SIGUSR1):
    signal.signal(one, lambda number, frame: os.write(1, f"got {signal.Signals(number).name}\\n".encode()))
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(17))
print("ready", os.environ["ONERELAY_CONNECTION_ID"], flush=True)
while True: time.sleep(0.05)
"""


def state_of(machine: Machine, connection_id: str) -> str:
    """A connection's status."""
    return str(next(one["status"] for one in machine.connections() if one["id"] == connection_id))


def notes_of(machine: Machine) -> list[Path]:
    """What a later run would have to revoke."""
    return list((machine.folder / "onerelay" / "runs").glob("con_*.json"))


def listening(machine: Machine, script: str = LISTENS) -> tuple[subprocess.Popen[str], str]:
    """A run under way, and its connection."""
    running = machine.start(*RUN, sys.executable, "-c", script, unlocked=True)
    assert running.stdout is not None
    ready, _, connection_id = running.stdout.readline().strip().partition(" ")
    assert ready == "ready", running.communicate()
    return running, connection_id


def test_a_program_asks_a_model_and_its_connection_ends_with_it(machine: Machine) -> None:
    done = machine.run(*RUN, sys.executable, "-c", ASKS, unlocked=True)
    assert (done.code, "Hello" in done.out) == (42, True), done
    assert "onerelay" not in done.out
    (connection,) = machine.connections()
    assert (connection["status"], connection["personal"], connection["budgetCents"]) == ("revoked", True, 250)
    assert connection["spentMicros"] > 0
    assert notes_of(machine) == []
    fed = machine.done(*RUN[:-1], "--password-stdin", "--", "cat", typed=f"{PASSWORD}\nfor the program\n")
    assert fed.out == "for the program\n"
    assert machine.run(*RUN[:-1], "--bugdet", "5", "--", "true").code == 2


@pytest.mark.long
def test_failures_of_our_own_have_codes_of_their_own(machine: Machine, new_machine: Callable[..., Machine], tmp_path: Path) -> None:
    assert machine.run(*RUN, "no-such-program", unlocked=True).code == 127
    script = tmp_path / "not-a-program"
    script.write_text("\0")
    script.chmod(0o755)
    assert machine.run(*RUN, str(script), unlocked=True).code == 126
    assert machine.run(*RUN, "true", ONERELAY_PASSWORD="not the password").code == 125
    assert machine.run("run", "--provider", "openai", "--budget", "1", "--", "true", unlocked=True).code == 125
    assert machine.run("run", "--provider", "sandbox", "--budget", "0.001", "--", "true").code == 2
    assert machine.run("run", "--provider", "sandbox", "--", "true").code == 2
    assert new_machine().run(*RUN, "true").code == 125
    # CI: an account of the environment's, for this command alone.
    stranger = new_machine()
    assert stranger.run(*RUN, "sh", "-c", "exit 9", unlocked=True, ONERELAY_EMAIL=machine.email).code == 9
    assert all(one["status"] == "revoked" for one in machine.connections())
    assert not notes_of(machine) + notes_of(stranger)


def test_signals_reach_the_program_and_its_code_comes_back(machine: Machine) -> None:
    running, connection_id = listening(machine)
    assert running.stdout is not None
    for number in (signal.SIGINT, signal.SIGUSR1):
        running.send_signal(number)
        assert running.stdout.readline() == f"got {number.name}\n"
    assert state_of(machine, connection_id) == "active"
    ends_at = next(one["limits"]["expiresAt"] for one in machine.connections() if one["id"] == connection_id)
    assert datetime.fromisoformat(ends_at) - datetime.now(UTC) < timedelta(minutes=61)
    running.send_signal(signal.SIGTERM)
    assert running.wait(60) == 17
    assert state_of(machine, connection_id) == "revoked"
    running.communicate()


def test_a_program_that_is_killed_takes_its_connection_along(machine: Machine) -> None:
    done = machine.run(*RUN, "sh", "-c", "kill -9 $$", unlocked=True)
    assert done.code == 128 + signal.SIGKILL
    assert [one["status"] for one in machine.connections()] == ["revoked"]


def test_ctrl_c_at_a_terminal_reaches_the_program_once(machine: Machine) -> None:
    sitting = machine.at_terminal(*RUN, sys.executable, "-c", LISTENS, ONERELAY_PASSWORD=PASSWORD)
    sitting.see("ready ")
    sitting.press(b"\x03")
    sitting.see("got SIGINT")
    time.sleep(0.5)
    sitting.press(b"\x1c")
    sitting.see("the connection is revoked")
    assert sitting.end() == 128 + signal.SIGQUIT
    assert sitting.shown.count("got SIGINT") == 1
    assert [one["status"] for one in machine.connections()] == ["revoked"]


def test_what_a_kill_of_ours_leaves_is_revoked_by_the_next_run(machine: Machine) -> None:
    killed, left = listening(machine, LISTENS.replace("while True: time.sleep(0.05)", "time.sleep(2)"))
    killed.kill()
    killed.communicate()
    assert state_of(machine, left) == "active"
    assert json.loads(notes_of(machine)[0].read_text())["connectionId"] == left
    living, other = listening(machine)
    assert (state_of(machine, left), state_of(machine, other)) == ("revoked", "active")
    machine.done(*RUN, "true", unlocked=True)
    assert state_of(machine, other) == "active", "a run that lives is nobody's to sweep away"
    living.terminate()
    living.communicate()
    assert notes_of(machine) == []
