"""The command, as people type it and as scripts call it, against a running relay."""

from __future__ import annotations

import re
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from onerelay.user import Account
from scripts.demo_parties import Chat
from tests.python_sdk.user.machines import PASSWORD, Machine

pytestmark = pytest.mark.e2e

KEY = "sandbox-key-" + "works"
OTHER_KEY = "sandbox-key-" + "slow"
KIT = re.compile(r"(?:[0-9A-Z]{4}-){7}[0-9A-Z]{4}")


def files_of(machine: Machine) -> str:
    """Everything the command wrote on this machine."""
    return "\n".join(path.read_text() for path in machine.folder.rglob("*") if path.is_file())


def device(machine: Machine) -> Account:
    """The same person's library, logged in and unlocked."""
    account = Account(machine.relay)
    account.log_in(machine.email, PASSWORD)
    return account


def test_a_person_at_a_terminal(new_machine: Callable[..., Machine]) -> None:
    machine = new_machine()
    sitting = machine.at_terminal("register")
    sitting.see("Email: ")
    sitting.type(machine.email)
    sitting.see("12 characters or more): ")
    sitting.type(PASSWORD)
    sitting.see("Once more: ")
    sitting.type(PASSWORD)
    sitting.see("recovery code, shown this once")
    sitting.see("Welcome.")
    assert sitting.end() == 0
    code = KIT.search(sitting.shown)
    assert code is not None

    adding = machine.at_terminal("keys", "add", "sandbox", "--label", "mine")
    adding.see("Master password: ")
    adding.type("not the password at all")
    adding.see("That is not the email and master password")
    assert adding.end() == 3
    adding = machine.at_terminal("keys", "add", "sandbox", "--label", "mine")
    adding.see("Master password: ")
    adding.type(PASSWORD)
    adding.see("Key of Sandbox: ")
    adding.type("sandbox-key-" + "quota")
    adding.see("The account has no credit left.")
    adding.see("Save it all the same? [y/N]: ")
    adding.type("y")
    adding.see("Your key of sandbox is saved.")
    assert adding.end() == 0

    new_password = "a better horse " + "battery staple"
    recovering = machine.at_terminal("recover", "--email", machine.email)
    recovering.see("Recovery code: ")
    recovering.type(code.group().lower())
    for prompt in ("New master password: ", "Once more: "):
        recovering.see(prompt)
        recovering.type(new_password)
    recovering.see("recovery code, shown this once")
    assert recovering.end() == 0
    machine.password = new_password
    listed = machine.done("keys", "list", "--labels", "--json", unlocked=True).value
    assert [(key["provider"], key["label"]) for key in listed] == [("sandbox", "mine")]

    for secret in (PASSWORD, new_password, "sandbox-key-" + "quota", code.group()):
        shown = [said for said in machine.said if secret in said]
        assert shown == ([sitting.shown] if secret == code.group() else []), "typed secrets do not echo"
        assert secret not in files_of(machine)


@pytest.mark.long
def test_scripts_without_a_terminal(new_machine: Callable[..., Machine], tmp_path: Path) -> None:
    machine = new_machine()
    stdin = ("--email", machine.email, "--password-stdin")
    assert machine.run("register", *stdin, typed=f"{PASSWORD}\n").code == 6, "a recovery code must not go into a log"
    kit = tmp_path / "kit"
    made = machine.done("register", *stdin, "--kit-file", str(kit), "--json", typed=f"{PASSWORD}\n")
    assert made.value == {"email": machine.email, "relay": machine.relay}
    assert KIT.fullmatch(kit.read_text().strip())
    assert stat.S_IMODE(kit.stat().st_mode) == 0o600
    taken = machine.run("register", *stdin, "--no-kit", "--json", typed=f"{PASSWORD}\n")
    assert (taken.code, '"email_taken"' in taken.err, taken.out) == (1, True, "")
    assert machine.done("status", "--json").value["hasRecovery"] is True

    assert machine.run("keys", "list", "--labels").code == 6
    assert machine.run("keys", "list", "--labels", "--password-stdin").code == 1
    both = machine.run("keys", "add", "sandbox", "--password-stdin", "--key-stdin", "--label", "CI", typed=f"{PASSWORD}\n{KEY}\n")
    assert (both.code, "The key works." in both.err) == (0, True)
    assert machine.run("keys", "add", "sandbox", "--key-stdin", typed=KEY, unlocked=True).code == 1
    failing = machine.run("keys", "check", "sandbox", "--key-stdin", "--json", typed="sandbox-key-" + "invalid", unlocked=True)
    assert (failing.code, failing.value) == (7, {"provider": "sandbox", "outcome": "refused", "works": False})
    assert machine.run("keys", "check", "sandbox", ONERELAY_PASSWORD="not the password").code == 3
    assert machine.run("keys", "check", "no-such").code == 1
    assert machine.run("keys", "check").code == 2
    assert machine.run("status", "--relay", "http://relay.example").code == 5
    assert machine.run("status", "--relay", "http://127.0.0.1:9").code == 3
    assert machine.run("login", "--relay", "http://127.0.0.1:9", *stdin, typed=f"{PASSWORD}\n").code == 4

    changed = machine.run("password", "--secrets-stdin", typed=f"{PASSWORD}\na better horse battery staple\n")
    assert changed.code == 0, changed.err
    machine.password = "a better horse battery staple"
    machine.done("logout")
    assert machine.run("status").code == 3
    assert machine.run("status", "--json").err.startswith('{"error": {"code": "not_signed_in"')
    # CI: nobody logs in, the environment says who it is, and nothing stays.
    once = machine.done("keys", "list", "--labels", "--json", unlocked=True, ONERELAY_EMAIL=machine.email)
    assert once.value[0]["label"] == "CI"
    assert "1r_ut_" not in files_of(machine)
    recovered = machine.run("recover", "--email", machine.email, "--secrets-stdin", typed=f"{kit.read_text()}{PASSWORD}\n")
    assert recovered.code == 6, "the next code needs a place, too"
    assert machine.run("delete-account", ONERELAY_EMAIL=machine.email, unlocked=True).code == 6
    machine.done("delete-account", "--yes", ONERELAY_EMAIL=machine.email, unlocked=True)
    assert machine.run("login", *stdin, typed=f"{machine.password}\n").code == 3


@pytest.mark.long
def test_replacing_a_key_shows_and_asks_first(machine: Machine) -> None:
    account = device(machine)
    vault = account.vault
    kept, dropped = (vault.prepare_connection(name, ["sandbox"], 100) for name in ("keeps", "loses"))
    vault.open_connection(kept)
    vault.open_connection(dropped)
    asked = machine.run("keys", "replace", "sandbox", "--key-stdin", "--no-check", typed=OTHER_KEY, unlocked=True)
    assert asked.code == 6
    assert "keeps" in asked.err
    assert vault.reveal_key("sandbox") == KEY
    sitting = machine.at_terminal("keys", "replace", "sandbox", "--no-check", "--drop", dropped.id, ONERELAY_PASSWORD=PASSWORD)
    sitting.see(kept.id)
    sitting.see("gets the new key")
    sitting.see("Go on? [y/N]: ")
    sitting.type("y")
    sitting.see("Key of Sandbox: ")
    sitting.type(KEY)
    sitting.see("1 connection got the new one")
    assert sitting.end() == 0
    assert Chat(machine.relay, kept.access_token).ask("Hello")[0]
    states = {one["id"]: one["status"] for one in machine.connections()}
    assert (states[kept.id], states[dropped.id]) == ("active", "revoked")

    paused = machine.done("connections", "pause", kept.id, "--json").value
    assert (paused["status"], "ownerGrant" in paused) == ("paused", False)
    assert machine.run("connections", "resume", kept.id).code == 6
    machine.done("connections", "resume", kept.id, unlocked=True)
    assert machine.run("connections", "revoke", kept.id).code == 6
    deleting = machine.run("keys", "delete", "sandbox", unlocked=True)
    assert (deleting.code, kept.id in deleting.err, "?" in deleting.err) == (6, True, False)
    assert machine.done("keys", "delete", "sandbox", "--yes", "--json", unlocked=True).value["connectionsAffected"] == 1
    account.close()


def test_no_secret_is_left_anywhere(machine: Machine) -> None:
    """The canary: known secrets are looked for in every file, every output and every process."""
    account = device(machine)
    secrets = [PASSWORD, KEY, account.secrets.vault_key.hex(), account.secrets.login_seed.hex()]
    running = machine.start(
        "run", "--provider", "sandbox", "--budget", "1", "--", "sh", "-c", "echo ready; read line; echo $ONERELAY_PASSWORD", unlocked=True
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "ready\n"
    processes = subprocess.run(["ps", "-eww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    assert "onerelay run --provider sandbox" in processes
    out, err = running.communicate("\n", 60)
    machine.done("keys", "check", "sandbox", unlocked=True)
    machine.run("keys", "replace", "sandbox", "--key-stdin", "--yes", "--no-check", typed=KEY, unlocked=True)
    raw = b"".join(path.read_bytes() for path in machine.folder.rglob("*") if path.is_file())
    everything = "\n".join([*machine.said, processes, out, err, files_of(machine)])
    for secret in secrets:
        assert secret not in everything
    assert account.secrets.vault_key not in raw
    assert account.secrets.login_seed not in raw
    assert "1r_at_" not in files_of(machine)
    assert out.strip() == "", "the program is not handed the master password"
    account.close()


@pytest.mark.long
def test_no_colour_where_none_is_wanted(machine: Machine) -> None:
    coloured = machine.at_terminal("connections", "list", "--all")
    assert coloured.end() == 0
    plain = machine.at_terminal("keys", "check", "sandbox", ONERELAY_PASSWORD=PASSWORD, NO_COLOR="1")
    assert plain.end() == 0
    assert "\x1b[3" not in plain.shown
    assert "\x1b" not in machine.done("keys", "list").out
