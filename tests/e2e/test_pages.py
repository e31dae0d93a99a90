"""The pages in real Chromium: locking, connections and apps, as a person works with them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from scripts.demo_parties import Chat, settled
from tests.e2e.conftest import PASSWORD, Visit
from tests.e2e.page_steps import Resident, change_budget, forgive, unlock

pytestmark = pytest.mark.e2e


def test_passwords_that_attackers_try_first_are_refused_before_anything_is_sent(relay: str, visit: Visit) -> None:
    page = visit.open(f"{relay}/signup")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.get_by_label("Email").fill("newcomer@example.com")
    for password, words in [("short", "at least 12 characters"), ("password1234", "attackers try first")]:
        page.get_by_label("Master password").fill(password)
        page.get_by_label("The same password again").fill(password)
        page.get_by_role("button", name="Create vault").click()
        expect(page.locator("#password-error")).to_contain_text(words, ignore_case=True)
        expect(page.get_by_label("Master password")).to_be_focused()
    page.get_by_label("Master password").fill(PASSWORD)
    page.get_by_role("button", name="Create vault").click()
    expect(page.locator("#password-again-error")).to_contain_text("differ")
    assert [url for url in sent if "/v1/" in url] == []


def test_locking_takes_everything_decrypted_off_every_page(
    sign_in: Callable[[Resident, str], Page], visit: Visit, resident: Resident
) -> None:
    page = sign_in(resident, "/keys")
    other = page.context.new_page()
    other.goto(page.url)
    for tab in (page, other):
        expect(tab.locator("#key-sandbox [data-tail]")).to_have_text("•••• orks")
    page.get_by_label("Account menu").click()
    page.get_by_role("button", name="Lock the vault").click()
    for tab in (page, other):
        expect(tab.get_by_text("Your vault is locked in this browser.")).to_be_visible()
        expect(tab.locator("#key-sandbox [data-tail]")).to_have_text("••••••••")
        expect(tab.locator("#key-sandbox [data-label]")).to_have_text("")
    page.reload()
    page.get_by_role("button", name="Unlock", exact=True).click()
    unlock(page, "not the " + "password")
    expect(page.get_by_text("That is not your master password.")).to_be_visible()
    forgive(visit, 401)
    unlock(page)
    expect(page.locator("#key-sandbox [data-tail]")).to_have_text("•••• orks")


@pytest.mark.long
def test_the_meter_moves_with_use(sign_in: Callable[[Resident, str], Page], resident: Resident) -> None:
    page = sign_in(resident, "/connections")
    meter = page.get_by_role("meter")
    assert float(meter.get_attribute("value") or "") == 0
    Chat(resident.person.origin, resident.access_token).ask("Hello", "sandbox-large")
    settled(lambda: resident.app.connection(resident.connection_id))
    page.reload()
    expect(meter).not_to_have_attribute("value", "0")
    expect(page.locator("[data-spent-text]")).to_have_text(re.compile(r"^\$0\.\d*[1-9]\d*$"))


def test_pause_and_resume(sign_in: Callable[[Resident, str], Page], resident: Resident) -> None:
    page = sign_in(resident, "/connections")
    card = page.locator(f"#{resident.connection_id}")
    chip = card.locator("[data-status-chip]")
    page.get_by_role("button", name="Pause Quill").press("Enter")
    expect(chip).to_have_text("Paused")
    expect(card.get_by_role("button").first).to_be_focused()
    assert resident.app.connection(resident.connection_id)["status"] == "paused"
    page.get_by_role("button", name="Resume Quill").click()
    expect(chip).to_have_text("Active")
    assert resident.app.connection(resident.connection_id)["status"] == "active"


def test_raising_a_budget_needs_the_unlocked_vault_and_lowering_does_not(
    sign_in: Callable[[Resident, str], Page], resident: Resident
) -> None:
    page = sign_in(resident, "/connections")
    page.get_by_label("Account menu").click()
    page.get_by_role("button", name="Lock the vault").click()
    expect(page.get_by_role("status")).to_contain_text("Vault locked")
    change_budget(page, "2.50")
    expect(page.get_by_text("of $2.50 used")).to_be_visible()
    change_budget(page, "twelve")
    expect(page.get_by_text("Type an amount above zero")).to_be_visible()
    page.get_by_role("dialog").get_by_label("Monthly budget").fill("12")
    page.get_by_role("button", name="Save budget").click()
    unlock(page)
    expect(page.get_by_text("of $12.00 used")).to_be_visible()
    assert resident.app.connection(resident.connection_id)["budgetCents"] == 1200


def test_revoking_asks_first_and_ends_the_connection(sign_in: Callable[[Resident, str], Page], resident: Resident) -> None:
    page = sign_in(resident, "/connections")
    page.get_by_role("button", name="Revoke Quill").click()
    page.get_by_role("dialog", name="Revoke Quill?").get_by_role("button", name="Cancel").click()
    assert resident.app.connection(resident.connection_id)["status"] == "active"
    page.get_by_role("button", name="Revoke Quill").click()
    page.get_by_role("dialog", name="Revoke Quill?").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("No app is connected")).to_be_visible()
    page.get_by_text("Ended").click()
    expect(page.locator(f"#{resident.connection_id}")).to_contain_text("Revoked")
    answer = Chat(resident.person.origin, resident.access_token).send("POST", "/v1/proxy/chat/completions", {})
    assert answer.json()["error"]["code"] in {"connection_revoked", "invalid_request"}


def test_signing_out_leaves_nothing_behind(relay: str, sign_in: Callable[[Resident, str], Page], resident: Resident) -> None:
    page = sign_in(resident, "/keys")
    page.get_by_label("Account menu").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{relay}/signin")
    # It tells this browser from a new one, and opens nothing.
    assert [cookie["name"] for cookie in page.context.cookies()] == ["1relay_device"]
    assert not [name for name in page.evaluate("Object.keys(localStorage)") if "vault" in name]
    page.goto(f"{relay}/keys")
    expect(page).to_have_url(re.compile(r"/signin\?next=%2Fkeys$"))


@pytest.mark.long
def test_a_stranger_to_a_vault_is_told_so_without_saying_what_was_wrong(relay: str, new_visit: Callable[..., Visit]) -> None:
    page = new_visit().open(f"{relay}/signin")
    page.get_by_label("Email").fill("nobody@example.com")
    page.get_by_label("Master password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("The email or the password is wrong.")).to_be_visible()
