"""clients/core against a running relay, in Chromium: a new password, the recovery kit, deleting, devices, automatic locking."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.conftest import Visit
from tests.e2e.core_bundles import build
from tests.e2e.core_pages import PASSWORD, Browser, lie
from tests.e2e.test_core_account import SIGN_IN

pytestmark = pytest.mark.e2e
NEXT = "entirely " + "different words"
KEY = {"provider": "sandbox", "apiKey": "sandbox-key-" + "works", "label": "one"}
PUT_KEY = "return vault.putKey(it).then(({ created }) => created);"


@pytest.fixture
def browser(relay: str, new_visit: Callable[..., Visit]) -> Browser:
    """One person's browser."""
    build()
    return Browser(new_visit().context, relay)


@pytest.fixture
def other(relay: str, new_visit: Callable[..., Visit]) -> Browser:
    """The same person's second browser, or somebody else's."""
    return Browser(new_visit().context, relay)


def bodies(tab: Any) -> str:
    """Everything the tab has sent."""
    return "".join(request.post_data or "" for request in tab.sent)


def test_a_new_password_opens_the_same_vault_and_ends_every_other_session(browser: Browser, other: Browser) -> None:
    tab, email = browser.sign_up()
    assert tab.run(PUT_KEY, KEY) is True
    second_tab = browser.open()
    elsewhere = other.open()
    assert elsewhere.run(SIGN_IN, {"email": email, "password": PASSWORD}) == "unlocked"
    assert tab.run("return core.changePassword(account, it);", {"current": PASSWORD, "next": NEXT}) is None
    assert tab.state == "unlocked"
    assert tab.run("return vault.revealKey('sandbox');") == KEY["apiKey"]
    assert tab.run(PUT_KEY, {**KEY, "label": "two"}) is False
    second_tab.await_state("switched")
    assert browser.open().run("return account.restore().then((vault) => vault.revealKey('sandbox'));") == KEY["apiKey"]
    assert elsewhere.run("return vault.listItems();")["code"] == "invalid_token"
    assert elsewhere.state == "signed-out"
    assert elsewhere.run(SIGN_IN, {"email": email, "password": PASSWORD})["code"] == "wrong_password"
    assert elsewhere.run(SIGN_IN, {"email": email, "password": NEXT}) == "unlocked"
    assert PASSWORD not in bodies(tab)
    assert NEXT not in bodies(tab)


@pytest.mark.long
def test_a_wrong_or_weak_password_changes_nothing(browser: Browser) -> None:
    tab, _ = browser.sign_up()
    change = "return core.changePassword(account, it);"
    assert tab.run(change, {"current": PASSWORD + "r", "next": NEXT})["code"] == "wrong_password"
    before = len(tab.sent)
    assert tab.run(change, {"current": PASSWORD, "next": "Password1234"}) == {"code": "password_refused", "reason": "too_common"}
    assert len(tab.sent) == before
    assert tab.state == "unlocked"
    tab.run("return account.lock();")
    assert tab.run(change, {"current": PASSWORD, "next": NEXT}) is None
    assert tab.state == "unlocked"


@pytest.mark.long
def test_the_kit_opens_the_vault_once_more_and_is_replaced(browser: Browser, other: Browser) -> None:
    tab, email = browser.sign_up()
    tab.run(PUT_KEY, KEY)
    make = "return core.makeRecoveryKit(account, it);"
    assert tab.run(make, PASSWORD + "r")["code"] == "wrong_password"
    older, kit = tab.run(make, PASSWORD), tab.run(make, PASSWORD)
    elsewhere = other.open()
    recover = "return core.recover(account, it).then((recoveryKey) => ({ recoveryKey, state: account.state }));"
    given = {"email": email.upper(), "recoveryKey": kit.lower().replace("-", " "), "password": NEXT}
    refusals = {"recoveryKey": ("kit_refused", kit[:-1]), "password": ("password_refused", "short"), "email": ("email_refused", "nobody")}
    for name, (code, value) in refusals.items():
        assert elsewhere.run(recover, {**given, name: value})["code"] == code
    for wrong in ({"recoveryKey": older}, {"email": "nobody@example.com"}):
        assert elsewhere.run(recover, {**given, **wrong})["code"] == "wrong_kit"
    done = elsewhere.run(recover, given)
    assert done["state"] == "unlocked"
    assert len(done["recoveryKey"]) == 39
    assert elsewhere.run("return vault.revealKey('sandbox');") == KEY["apiKey"]
    assert tab.run("return vault.listItems();")["code"] == "invalid_token"
    assert tab.run(recover, given)["code"] == "wrong_kit"
    assert tab.run(SIGN_IN, {"email": email, "password": PASSWORD})["code"] == "wrong_password"
    assert tab.run(SIGN_IN, {"email": email, "password": NEXT}) == "unlocked"
    sent = bodies(elsewhere) + bodies(tab)
    for secret in (kit, kit.replace("-", ""), done["recoveryKey"], NEXT):
        assert secret.lower() not in sent.lower()


@pytest.mark.long
def test_a_relay_that_gives_another_vault_is_called_tampered_and_gets_no_new_password(browser: Browser, other: Browser) -> None:
    tab, email = browser.sign_up()
    kit = tab.run("return core.makeRecoveryKit(account, it);", PASSWORD)
    elsewhere = other.open()
    lie(elsewhere.page, "**/v1/auth/recover/read", recoveryVaultKey="A" * 80)
    given = {"email": email, "recoveryKey": kit, "password": NEXT}
    assert elsewhere.run("return core.recover(account, it);", given)["code"] == "tampered"
    assert not any(request.url.endswith("/v1/auth/recover") for request in elsewhere.sent)


@pytest.mark.long
def test_the_new_kit_is_shown_even_if_the_vault_can_not_be_kept_open(browser: Browser, other: Browser) -> None:
    tab, email = browser.sign_up()
    kit = tab.run("return core.makeRecoveryKit(account, it);", PASSWORD)
    elsewhere = other.open()
    elsewhere.page.route("**/v1/auth/session-key", lambda route: route.abort())
    given = {"email": email, "recoveryKey": kit, "password": NEXT}
    assert len(elsewhere.run("return core.recover(account, it);", given)) == 39
    assert elsewhere.state == "locked"


@pytest.mark.long
def test_deleting_takes_the_password_and_ends_every_tab(browser: Browser) -> None:
    tab, email = browser.sign_up()
    second_tab = browser.open()
    assert tab.run("return core.deleteAccount(account, it);", PASSWORD + "r")["code"] == "wrong_password"
    assert tab.run("return core.deleteAccount(account, it);", PASSWORD) is None
    assert tab.state == "signed-out"
    second_tab.await_state("signed-out")
    assert not [name for name in browser.stored() if name.startswith("1relay:vault:")]
    assert tab.run(SIGN_IN, {"email": email, "password": PASSWORD})["code"] == "wrong_password"


@pytest.mark.long
def test_devices_are_listed_and_signed_out_and_the_idle_time_is_chosen(browser: Browser, other: Browser) -> None:
    tab, email = browser.sign_up()
    elsewhere = other.open()
    for _ in range(2):
        elsewhere.run(SIGN_IN, {"email": email, "password": PASSWORD})
    devices = tab.run("return core.listDevices(account);")
    assert [device["current"] for device in devices].count(True) == 1
    first, second = (device["id"] for device in devices if not device["current"])
    tab.run("return core.endDevice(account, it);", first)
    assert tab.run("return core.endOtherDevices(account);") == 1
    assert [device["id"] for device in tab.run("return core.listDevices(account);")] != [first, second]
    assert elsewhere.run("return vault.listItems();")["code"] == "invalid_token"
    tab.run("return core.setAutoLock(account, 60);")
    page = browser.open()
    assert page.run("return account.api.get('/v1/auth/me').then((me) => me.autoLockMinutes);") == 60
    left = page.run("return account.api.get('/v1/auth/session-key').then(({ locksAt }) => Date.parse(locksAt) - Date.now());")
    assert 55 * 60_000 < left < 61 * 60_000
