"""clients/core against a running relay, in Chromium: signing up and in, staying unlocked, locking, tabs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.conftest import Visit
from tests.e2e.core_bundles import build
from tests.e2e.core_pages import PASSWORD, Browser, lie, new_email

pytestmark = pytest.mark.e2e

SIGN_IN = "return account.signIn(it.email, it.password).then(() => account.state);"


@pytest.fixture
def browser(relay: str, new_visit: Callable[..., Visit]) -> Browser:
    """One person's browser."""
    build()
    return Browser(new_visit().context, relay)


def test_signing_up_unlocks_and_shows_a_recovery_key_once(browser: Browser) -> None:
    tab = browser.open()
    given: dict[str, Any] = {"email": f" {new_email().upper()} ", "password": PASSWORD, "withRecovery": True}
    made = tab.run("return core.signUp(account, it).then(({ recoveryKey }) => recoveryKey);", given)
    assert len(made) == 39
    assert tab.run("return states;") == ["locked", "unlocked"]
    assert tab.run("return account.user.email;") == given["email"].strip().lower()
    bodies = "".join(request.post_data or "" for request in tab.sent)
    assert PASSWORD not in bodies
    assert made.replace("-", "") not in bodies.replace("-", "")


def test_weak_passwords_and_odd_emails_never_reach_the_relay(browser: Browser) -> None:
    tab = browser.open()
    before = len(tab.sent)
    for password, reason in (("elevenchars", "too_short"), ("Password1234", "too_common"), ("twelve\0chars", "not_text")):
        assert tab.run("return core.signUp(account, it);", {"email": "a@b.example", "password": password}) == {
            "code": "password_refused",
            "reason": reason,
        }
    assert tab.run("return core.signUp(account, it);", {"email": "ä@b.example", "password": PASSWORD})["code"] == "email_refused"
    assert len(tab.sent) == before


def test_a_second_account_with_the_same_email_is_refused(browser: Browser, new_visit: Callable[..., Visit]) -> None:
    tab, email = browser.sign_up()
    again, sign_up = {"email": email, "password": PASSWORD}, "return core.signUp(account, it);"
    # The page that made it can't know whether somebody else asks.
    assert tab.run(sign_up, again)["code"] == "perhaps_yours"
    assert Browser(new_visit().context, browser.relay).open().run(sign_up, again)["code"] == "email_taken"


def test_signing_in_from_another_browser_opens_the_same_vault(browser: Browser, new_visit: Callable[..., Visit]) -> None:
    tab, email = browser.sign_up()
    tab.run("return vault.putKey(it).then(() => null);", {"provider": "sandbox", "apiKey": "sandbox-key-works", "label": "wörk"})
    other = Browser(new_visit().context, browser.relay).open()
    assert other.run(SIGN_IN, {"email": email, "password": PASSWORD}) == "unlocked"
    assert other.run("return vault.revealKey('sandbox');") == "sandbox-key-works"


def test_a_wrong_password_and_an_unknown_email_are_not_told_apart(browser: Browser, new_visit: Callable[..., Visit]) -> None:
    _, email = browser.sign_up()
    other = Browser(new_visit().context, browser.relay).open()
    refused = {"code": "wrong_password", "reason": None}
    assert other.run(SIGN_IN, {"email": email, "password": PASSWORD + "r"}) == refused
    assert other.run(SIGN_IN, {"email": new_email(), "password": PASSWORD}) == refused
    assert other.run(SIGN_IN, {"email": email, "password": "null\0character"}) == refused
    assert other.state == "signed-out"


def test_the_next_page_is_unlocked_and_storage_alone_opens_nothing(browser: Browser) -> None:
    browser.sign_up()
    kept = [name for name in browser.stored() if name.startswith("1relay:vault:")]
    assert len(kept) == 1
    second = browser.open()
    assert second.state == "locked"
    assert second.run("return account.restore().then((vault) => vault !== null);") is True
    assert second.run("return vault.listItems();") == []
    browser.context.clear_cookies()
    assert second.run("return fetch('/v1/auth/session-key').then((response) => response.status);") == 401


@pytest.mark.long
def test_an_elevation_renewed_in_one_tab_leaves_the_others_working(browser: Browser) -> None:
    first, _ = browser.sign_up()
    second = browser.open()
    second.run("return account.restore().then(() => null);")
    put = "return vault.putKey(it).then(({ created }) => created);"
    key = {"provider": "sandbox", "apiKey": "sandbox-key-works", "label": "one"}
    # The second tab has no elevation: it proves the login key silently, and the relay makes a new session secret.
    assert second.run(put, key) is True
    assert any(request.url.endswith("/v1/auth/unlock") for request in second.sent)
    # The first tab's elevation is refused now; and what is kept must open under the new secret.
    assert first.run(put, {**key, "label": "two"}) is False
    third = browser.open()
    assert third.run("return account.restore().then((vault) => vault.listItems()).then(([item]) => item.label);") == "two"


def test_locking_in_one_tab_locks_all_and_leaves_nothing(browser: Browser) -> None:
    first, _ = browser.sign_up()
    second = browser.open()
    second.run("return account.restore().then(() => null);")
    first.run("window.old = vault; return account.lock();")
    second.await_state("locked")
    assert not [name for name in browser.stored() if name.startswith("1relay:vault:")]
    assert first.run(
        "return old.listItems().then(() => old.putKey(it));", {"provider": "sandbox", "apiKey": "sandbox-key-works", "label": ""}
    ) == {
        "code": "vault_locked",
        "reason": None,
    }
    assert second.run("return account.restore();") is None
    assert second.run("return account.unlock(it).then(() => account.state);", PASSWORD) == "unlocked"
    first.await_state("unlocked")


@pytest.mark.long
def test_a_lock_that_a_tab_did_not_hear_of_binds_it_all_the_same(browser: Browser) -> None:
    first, _ = browser.sign_up()
    # Another tab locked, and its news were lost: the relay and the storage know.
    first.run("localStorage.clear(); return account.api.post('/v1/auth/lock', {});")
    assert first.state == "unlocked"
    key = {"provider": "sandbox", "apiKey": "sandbox-key-works", "label": ""}
    assert first.run("return vault.putKey(it);", key)["code"] == "vault_locked"
    assert first.state == "locked"


def test_the_clock_locks_an_idle_page(browser: Browser) -> None:
    tab, _ = browser.sign_up()
    page = browser.open()
    page.page.clock.install()
    page.page.reload()
    page.page.evaluate(
        """async () => {
          window.core = await import("/static/dist/core-under-test.js");
          window.account = core.Account.fromPage();
          await account.restore();
        }"""
    )
    assert page.state == "unlocked"
    page.page.clock.run_for(14 * 60_000)
    assert page.state == "unlocked"
    page.page.clock.run_for(2 * 60_000)
    page.await_state("locked")
    tab.await_state("locked")


def test_a_relay_that_asks_for_a_weaker_derivation_gets_no_proof(browser: Browser) -> None:
    tab, email = browser.sign_up()
    tab.run("return account.lock();")
    weaker = {"algorithm": "argon2id", "memoryKib": 19456, "iterations": 3, "parallelism": 1, "salt": "AGdWXtxjY3k3YN8LDTz_gw"}
    lie(tab.page, "**/v1/auth/prelogin", kdf=weaker)
    assert tab.run("return account.unlock(it);", PASSWORD)["code"] == "kdf_lowered"
    assert not any(request.url.endswith("/v1/auth/unlock") for request in tab.sent)
    assert email not in "".join(browser.stored())


@pytest.mark.long
def test_a_relay_that_calls_itself_otherwise_gets_no_proof(browser: Browser) -> None:
    tab, _ = browser.sign_up()
    tab.run("return account.lock();")
    lie(tab.page, "**/v1/auth/prelogin", origin="https://other.example")
    assert tab.run("return account.unlock(it);", PASSWORD)["code"] == "other_origin"
    assert not any(request.url.endswith("/v1/auth/unlock") for request in tab.sent)


@pytest.mark.long
def test_a_wrapped_vault_key_that_does_not_open_is_called_tampered(browser: Browser) -> None:
    tab, _ = browser.sign_up()
    tab.run("return account.lock();")
    lie(tab.page, "**/v1/auth/unlock", wrappedVaultKey="A" * 80)
    assert tab.run("return account.unlock(it);", PASSWORD)["code"] == "tampered"
    assert tab.state == "locked"


def test_somebody_else_signing_in_drops_the_first_ones_vault(browser: Browser, new_visit: Callable[..., Visit]) -> None:
    _, mallory = Browser(new_visit().context, browser.relay).sign_up()
    first, _ = browser.sign_up()
    second = browser.open()
    assert second.run(SIGN_IN, {"email": mallory, "password": PASSWORD}) == "unlocked"
    first.await_state("switched")
    assert first.run("return account.vault;") is None


@pytest.mark.long
def test_a_write_for_the_wrong_person_is_refused_even_if_no_news_came(browser: Browser, new_visit: Callable[..., Visit]) -> None:
    _, mallory = Browser(new_visit().context, browser.relay).sign_up()
    first, _ = browser.sign_up()
    mallorys = Browser(new_visit().context, browser.relay)
    mallorys.open().run(SIGN_IN, {"email": mallory, "password": PASSWORD})
    browser.context.clear_cookies()
    browser.context.add_cookies(mallorys.context.cookies())  # type: ignore[arg-type]  # the same shape under another name
    assert first.run("return account.lock();")["code"] in {"forbidden", "conflict"}
    assert first.run("return account.vault;") is None


def test_signing_out_ends_every_tab(browser: Browser) -> None:
    first, _ = browser.sign_up()
    second = browser.open()
    second.run("return account.restore().then(() => null);")
    first.run("return account.signOut();")
    second.await_state("signed-out")
    assert first.state == "signed-out"
    assert not [name for name in browser.stored() if name.startswith("1relay:vault:")]


@pytest.mark.long
def test_signing_out_of_a_session_that_has_ended_is_no_failure(browser: Browser) -> None:
    tab, _ = browser.sign_up()
    browser.context.clear_cookies()
    assert tab.run("return account.signOut();") is None
    assert tab.state == "signed-out"


@pytest.mark.long
def test_without_local_storage_the_page_works_but_the_next_one_asks(browser: Browser) -> None:
    browser.context.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('refused', 'SecurityError'); } });"
    )
    tab, _ = browser.sign_up()
    assert tab.run("return vault.listItems();") == []
    assert browser.open().run("return account.restore();") is None


@pytest.mark.long
def test_a_relay_out_of_reach_is_named(browser: Browser) -> None:
    tab, _ = browser.sign_up()
    browser.context.set_offline(True)
    assert tab.run("return vault.listItems();")["code"] == "network_unreachable"
    browser.context.set_offline(False)
    tab.page.route("**/v1/keys*", lambda route: route.fulfill(status=200, body="<html>not the relay</html>"))
    assert tab.run("return vault.listItems();")["code"] == "unreadable_answer"
