"""/security and /recover in real Chromium: a new password, the kit, devices, locking, the end; and what apps notice of it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page, expect

from scripts.demo_parties import Chat
from tests.e2e.conftest import PASSWORD, Visit
from tests.e2e.page_steps import Resident, forgive, unlock

pytestmark = pytest.mark.e2e
NEXT = "entirely " + "different words"
LAST = "words once " + "more chosen"
CODE = re.compile(r"([0-9A-HJKMNP-TV-Z]{4}-){7}[0-9A-HJKMNP-TV-Z]{4}")


def choose_password(page: Page, label: str, password: str) -> None:
    """Types a new password twice."""
    page.get_by_label(label, exact=True).fill(password)
    page.get_by_label("The same password again").fill(password)


def change_password(page: Page, old: str, new: str) -> None:
    """Fills and sends the form on /security."""
    page.get_by_label("Current master password").fill(old)
    choose_password(page, "New master password", new)
    page.get_by_role("button", name="Change password").click()


def shown_kit(page: Page) -> str:
    """The code on screen, which is nowhere else in the page once it is saved."""
    expect(page.get_by_role("heading", name="Save your recovery kit", level=1)).to_be_focused()
    code = "-".join(page.locator("#kit-code li").all_inner_texts())
    assert CODE.fullmatch(code)
    return code


def save_kit(page: Page, relay: str, leads_to: str) -> str:
    """Reads the kit, confirms, and answers the code."""
    return confirm_kit(page, shown_kit(page), relay, leads_to)


def confirm_kit(page: Page, code: str, relay: str, leads_to: str) -> str:
    """Says that the code is saved: it is gone from the page then."""
    page.get_by_role("button", name="I have saved it").click()
    expect(page).to_have_url(relay + leads_to)
    expect(page.locator("#kit")).to_be_hidden()
    assert code not in page.content()
    return code


def try_password(page: Page, relay: str, email: str, password: str) -> None:
    """Signs in on a page of somebody signed out."""
    page.goto(f"{relay}/signin")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Master password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def works(relay: str, resident: Resident) -> bool:
    """Whether the app's access token still gets an answer through the proxy."""
    return bool(Chat(relay, resident.access_token).ask("Hello")[0])


def test_change_the_password_recover_with_the_kit_and_leave(
    relay: str, sign_in: Callable[[Resident, str], Page], resident: Resident, visit: Visit, new_visit: Callable[..., Visit]
) -> None:
    email = resident.person.email
    page = sign_in(resident, "/security")
    expect(page.get_by_text("You have no kit")).to_be_visible()
    expect(page.locator("#devices li")).to_have_count(2)

    change_password(page, PASSWORD + "r", NEXT)
    expect(page.locator("#current-password-error")).to_contain_text("not your master password")
    forgive(visit, 401)
    change_password(page, PASSWORD, NEXT)
    expect(page.get_by_role("status").filter(has_text="Password changed")).to_be_visible()
    expect(page.locator("#devices li")).to_have_count(1)
    expect(page.locator("#devices li")).to_contain_text("This device")
    assert page.get_by_label("Current master password").input_value() == ""
    assert works(relay, resident)

    page.get_by_role("button", name="Make a recovery kit").click()
    dialog = page.get_by_role("dialog", name="Make a recovery kit")
    dialog.get_by_label("Master password").fill(NEXT)
    dialog.get_by_role("button", name="Make the kit").click()
    for name, words in (("email", email), ("origin", relay), ("address", f"{relay}/recover")):
        expect(page.locator(f"[data-kit={name}]")).to_have_text(words)
    kit = save_kit(page, relay, "/security")
    expect(page.get_by_text("You have a kit")).to_be_visible()

    other = new_visit()
    elsewhere = other.open(f"{relay}/signin")
    try_password(elsewhere, relay, email, PASSWORD)
    expect(elsewhere.locator("#password-error")).to_contain_text("wrong")
    elsewhere.get_by_role("link", name="Forgot your password?").click()
    elsewhere.get_by_label("Email").fill(email)
    elsewhere.get_by_role("textbox", name="Recovery code").fill("not a code")
    choose_password(elsewhere, "New master password", LAST)
    elsewhere.get_by_role("button", name="Recover my vault").click()
    expect(elsewhere.locator("#recovery-code-error")).to_contain_text("eight groups")
    elsewhere.get_by_role("textbox", name="Recovery code").fill(kit.lower().replace("-", " "))
    elsewhere.get_by_role("button", name="Recover my vault").click()
    again = save_kit(elsewhere, relay, "/overview")
    assert again != kit
    elsewhere.goto(f"{relay}/keys")
    elsewhere.get_by_role("button", name="Reveal the Sandbox key").click()
    expect(elsewhere.locator("#key-sandbox [data-secret-text]")).to_have_text("sandbox-key-" + "works")
    assert works(relay, resident)

    # The browser that was signed in is not any more; neither the old password nor the old kit opens anything.
    page.reload()
    expect(page).to_have_url(re.compile("/signin"))
    try_password(page, relay, email, NEXT)
    expect(page.locator("#password-error")).to_contain_text("wrong")
    forgive(visit, 401)
    page.goto(f"{relay}/recover")
    page.get_by_label("Email").fill(email)
    page.get_by_role("textbox", name="Recovery code").fill(kit)
    choose_password(page, "New master password", NEXT)
    page.get_by_role("button", name="Recover my vault").click()
    expect(page.locator("#recovery-code-error")).to_contain_text("does not open")
    forgive(visit, 401)

    elsewhere.goto(f"{relay}/security")
    elsewhere.get_by_role("button", name="Delete account").click()
    dialog = elsewhere.get_by_role("dialog", name="Delete your account for good?")
    expect(dialog.get_by_role("listitem").first).to_contain_text("1 key in your vault")
    expect(dialog).to_contain_text("1 connection.")
    dialog.get_by_label("Master password").fill(LAST)
    dialog.get_by_role("button", name="Delete everything").click()
    expect(dialog.locator("#end-email-error")).to_contain_text("Type the email")
    dialog.get_by_label(f"Type {email} to confirm").fill(email.upper())
    dialog.get_by_role("button", name="Delete everything").click()
    expect(elsewhere.get_by_text("Your account and everything in it are deleted.")).to_be_visible()
    elsewhere.go_back()
    expect(elsewhere).to_have_url(re.compile("/signin"))
    try_password(elsewhere, relay, email, LAST)
    expect(elsewhere.locator("#password-error")).to_contain_text("wrong")
    assert Chat(relay, resident.access_token).send("GET", "/v1/openai/models").status_code == 401


def test_a_newcomer_is_offered_a_kit_that_prints_by_itself(relay: str, visit: Visit) -> None:
    email = f"newcomer-{secrets.token_hex(6)}@example.com"
    page = visit.open(f"{relay}/signup")
    page.get_by_label("Email").fill(email)
    choose_password(page, "Master password", PASSWORD)
    page.get_by_role("button", name="Create vault").click()
    expect(page.get_by_role("heading", name="Save your recovery kit")).to_be_focused()
    expect(page.get_by_text("nobody can open your vault again")).to_be_visible()
    page.get_by_role("button", name="Make my recovery kit").click()
    code = shown_kit(page)
    page.emulate_media(media="print")
    expect(page.locator(".kit__sheet")).to_be_visible()
    for gone in (".site-header", ".site-footer", ".kit__actions", ".kit__screen"):
        expect(page.locator(gone)).to_be_hidden()
    for words in (email, relay, f"{relay}/recover"):
        expect(page.locator(".kit__sheet")).to_contain_text(words)
    page.emulate_media(media="screen")
    warned: list[str] = []

    def stay(dialog: Dialog) -> None:
        warned.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.evaluate("() => { location.href = '/connections'; }")
    expect(page.locator("#kit")).to_be_visible()
    page.wait_for_timeout(300)
    assert warned == ["beforeunload"]
    confirm_kit(page, code, relay, "/overview")


def test_after_signing_out_the_back_button_shows_nothing(sign_in: Callable[[Resident, str], Page], resident: Resident, relay: str) -> None:
    page = sign_in(resident, "/keys")
    expect(page.locator("#key-sandbox [data-label]")).to_have_text("first")
    page.goto(f"{relay}/security")
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    expect(page).to_have_url(re.compile("/signin"))
    for _ in range(2):
        page.go_back()
        expect(page).to_have_url(re.compile("/signin"))
        assert resident.person.email not in page.content()
        assert page.locator("#key-sandbox").count() == 0


def test_the_vault_locks_by_the_clock_after_the_chosen_minute(
    sign_in: Callable[[Resident, str], Page], resident: Resident, relay: str, visit: Visit
) -> None:
    page = sign_in(resident, "/security")
    page.get_by_label("1 minute").check()
    expect(page.get_by_role("status").filter(has_text="Saved for all")).to_be_visible()
    page.reload()
    expect(page.get_by_label("1 minute")).to_be_checked()
    page.clock.install()
    page.goto(f"{relay}/keys")
    expect(page.locator("#key-sandbox [data-label]")).to_have_text("first")
    page.clock.run_for(50_000)
    page.keyboard.press("Shift")  # somebody is there: the minute begins anew
    page.wait_for_timeout(300)
    page.clock.run_for(40_000)
    expect(page.locator("#key-sandbox [data-label]")).to_have_text("first")
    page.clock.run_for(30_000)
    expect(page.locator("#key-sandbox [data-label]")).not_to_have_text("first")
    page.get_by_role("button", name="Reveal the Sandbox key").click()
    unlock(page)
    expect(page.locator("#key-sandbox [data-label]")).to_have_text("first")


@pytest.mark.long
def test_devices_are_signed_out_and_a_kit_goes_with_the_lock(
    sign_in: Callable[[Resident, str], Page], resident: Resident, relay: str, new_visit: Callable[..., Visit]
) -> None:
    page = sign_in(resident, "/security")
    other = new_visit()
    elsewhere = other.open(f"{relay}/signin")
    try_password(elsewhere, relay, resident.person.email, PASSWORD)
    expect(elsewhere).to_have_url(re.compile("/(keys|overview)"))
    page.reload()
    browser = page.locator("#devices li").filter(has_text="Browser").filter(has_not_text="This device")
    browser.get_by_role("button", name="Sign out").click()
    expect(page.locator("#devices li")).to_have_count(2)
    elsewhere.reload()
    expect(elsewhere).to_have_url(re.compile("/signin"))
    page.get_by_role("button", name="Sign out all other devices").click()
    page.get_by_role("dialog").get_by_role("button", name="Sign them out").click()
    expect(page.locator("#devices li")).to_have_count(1)

    page.get_by_role("button", name="Make a recovery kit").click()
    dialog = page.get_by_role("dialog", name="Make a recovery kit")
    dialog.get_by_label("Master password").fill(PASSWORD)
    dialog.get_by_role("button", name="Make the kit").click()
    code = shown_kit(page)
    page.locator("#account-menu summary").click()
    page.get_by_role("button", name="Lock the vault").click()
    expect(page.get_by_role("heading", name="Security", level=1)).to_be_visible()
    assert code not in page.content()
