"""One account, used by the command line and by a browser in turns: whatever one made, the other opens."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.demo_parties import Chat
from tests.e2e.conftest import Visit
from tests.e2e.core_bundles import build
from tests.e2e.core_pages import PASSWORD, Browser
from tests.python_sdk.user.machines import Machine

pytestmark = pytest.mark.e2e

WORKS, SLOW = "sandbox-key-" + "works", "sandbox-key-" + "slow"
NEW_PASSWORD = "an even better horse " + "battery"
SIGN_IN = "return account.signIn(it.email, it.password).then(() => account.state);"
PUT = "const shown = (await vault.reseals(it.provider)).map((one) => one.connectionId); return vault.putKey({ shown, ...it });"


@pytest.fixture
def new_browser(relay: str, new_visit: Callable[..., Visit]) -> Callable[[], Browser]:
    """People's browsers."""
    build()
    return lambda: Browser(new_visit().context, relay)


def test_an_account_made_in_a_browser(relay: str, new_browser: Callable[[], Browser], tmp_path: Path) -> None:
    tab, email = new_browser().sign_up()
    tab.run("return vault.putKey(it);", {"provider": "sandbox", "apiKey": SLOW, "label": "Schlüssel 🔑"})
    made = tab.run("return vault.createPersonalConnection({ name: 'in the browser', providers: ['sandbox'], budgetCents: 100 });")
    machine = Machine(relay, tmp_path, email)
    machine.done("login", "--email", email, unlocked=True)
    (listed,) = machine.done("keys", "list", "--labels", "--json", unlocked=True).value
    assert (listed["provider"], listed["label"], listed["damaged"]) == ("sandbox", "Schlüssel 🔑", False)
    replaced = machine.done("keys", "replace", "sandbox", "--key-stdin", "--yes", "--no-check", "--json", typed=WORKS, unlocked=True).value
    assert replaced["resealed"] == [made["connection"]["id"]]
    assert Chat(relay, made["accessToken"]).ask("Hello")[0]
    assert tab.run("return vault.revealKey('sandbox');") == WORKS
    assert tab.run("return vault.listItems();")[0]["label"] == "Schlüssel 🔑"
    machine.done("run", "--provider", "sandbox", "--budget", "1", "--name", "in a terminal", "--", "true", unlocked=True)
    named = {one["name"]: one["status"] for one in tab.run("return account.api.all('/v1/connections');")}
    assert named == {"in the browser": "active", "in a terminal": "revoked"}


def test_an_account_made_at_a_terminal(relay: str, new_browser: Callable[[], Browser], tmp_path: Path) -> None:
    machine, kit = Machine(relay, tmp_path / "state", password=PASSWORD), tmp_path / secrets.token_hex(4)
    machine.done("register", "--email", machine.email, "--kit-file", str(kit), unlocked=True)
    machine.done("keys", "add", "sandbox", "--key-stdin", "--no-check", "--label", "Żółw", typed=SLOW, unlocked=True)
    tab = new_browser().open()
    assert tab.run(SIGN_IN, {"email": machine.email.upper(), "password": PASSWORD}) == "unlocked"
    assert (tab.run("return vault.revealKey('sandbox');"), tab.run("return vault.listItems();")[0]["label"]) == (SLOW, "Żółw")
    tab.run(PUT, {"provider": "sandbox", "apiKey": WORKS, "label": "from the browser"})
    assert machine.done("keys", "check", "sandbox", "--json", unlocked=True).value["outcome"] == "works"
    # The kit of the terminal opens the vault in a browser, and that one's next kit at the terminal.
    other = new_browser().open()
    given = {"email": machine.email, "recoveryKey": kit.read_text(), "password": NEW_PASSWORD}
    next_kit = other.run("return core.recover(account, it);", given)
    assert machine.run("status").code == 3, "recovering ended the terminal's session"
    again = ("recover", "--email", machine.email, "--secrets-stdin", "--kit-file", str(tmp_path / "third"))
    assert machine.run(*again, typed=f"{kit.read_text()}{PASSWORD}\n").code == 3
    machine.done(*again, typed=f"{next_kit}\n{PASSWORD}\n")
    assert machine.done("keys", "list", "--labels", "--json", unlocked=True).value[0]["label"] == "from the browser"
