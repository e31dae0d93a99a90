"""What stands beside every deed on the pages: where the focus lands, what a lock ends, what Cancel calls back, what is announced."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.conftest import PASSWORD, Visit
from tests.e2e.page_steps import Resident, unlock

pytestmark = pytest.mark.e2e
SANDBOX_KEY = "sandbox-key-" + "works"
READING = re.compile(r"/v1/keys(\?|$)")


def press(page: Page, name: str, dialog: str = "") -> None:
    """A button, and the one that confirms it."""
    page.get_by_role("button", name=name, exact=True).first.click()
    if dialog:
        page.get_by_role("dialog").get_by_role("button", name=dialog, exact=True).click()


def lock_here(page: Page) -> None:
    """By the account menu."""
    page.get_by_label("Account menu").click()
    press(page, "Lock the vault")


def lock_elsewhere(page: Page) -> None:
    """In another tab of the same browser."""
    other = page.context.new_page()
    other.goto(page.url)
    lock_here(other)
    other.close()


def end_others(page: Page) -> Locator:
    press(page, "Sign out all other devices", "Sign them out")
    return page.get_by_role("heading", name="Devices", exact=True)


def end_one(page: Page) -> Locator:
    page.locator("[data-action=end-device]").click()
    return page.get_by_role("heading", name="Devices", exact=True)


def delete_key(page: Page) -> Locator:
    page.get_by_role("button", name="Delete the Sandbox key").click()
    page.get_by_label("Type Sandbox to confirm").fill("Sandbox")
    page.get_by_role("dialog").get_by_role("button", name="Delete key").click()
    return page.get_by_role("heading", name="Keys", exact=True)


def revoke(page: Page) -> Locator:
    page.get_by_role("button", name="Revoke Quill").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    return page.get_by_role("heading", level=1)


def pause(page: Page) -> Locator:
    page.get_by_role("button", name="Pause Quill").click()
    expect(page.get_by_role("button", name="Resume Quill")).to_be_visible()
    return page.get_by_role("article", name="Quill").get_by_role("button").first


def open_by_menu(page: Page) -> Locator:
    lock_here(page)
    page.get_by_label("Account menu").click()
    press(page, "Unlock the vault")
    unlock(page)
    return page.get_by_label("Account menu")


def open_by_notice(page: Page) -> Locator:
    lock_here(page)
    press(page, "Unlock")
    unlock(page)
    return page.get_by_role("heading", name="Keys", exact=True)


@pytest.mark.parametrize(
    ("path", "deed"),
    [
        ("/security", end_others),
        *(
            pytest.param(path, deed, marks=pytest.mark.long)
            for path, deed in [
                ("/security", end_one),
                ("/keys", delete_key),
                ("/keys", open_by_notice),
                ("/connections", revoke),
                ("/connections", pause),
                ("/connections/{}", revoke),
                ("/overview", open_by_menu),
            ]
        ),
    ],
)
def test_after_every_deed_the_focus_is_where_one_goes_on(
    sign_in: Callable[[Resident, str], Page], resident: Resident, path: str, deed: Callable[[Page], Locator]
) -> None:
    page = sign_in(resident, path.format(resident.connection_id))
    landing = deed(page)
    expect(landing).to_be_focused()
    page.wait_for_timeout(300)  # a refresh that comes late takes nothing away again
    expect(landing).to_be_focused()
    expect(landing).to_be_visible()


@pytest.mark.long
def test_a_lock_ends_revealing_and_renaming(sign_in: Callable[[Resident, str], Page], resident: Resident) -> None:
    page = sign_in(resident, "/keys")
    label = page.locator("#key-sandbox [data-label]")
    expect(label).to_have_text("first")
    for begin in (_reveal, _rename):
        held: list[Route] = []
        begin(page, held)
        page.wait_for_timeout(300)
        assert len(held) == 1
        lock_elsewhere(page)
        expect(page.get_by_text("Your vault is locked in this browser.")).to_be_visible()
        for route in held:
            route.continue_()
        page.unroute(READING)
        expect(page.locator("#toasts")).to_contain_text("Your vault locked before this was done.")
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert SANDBOX_KEY not in page.content()
        assert "half-done" not in page.content()
        expect(page.locator("#new-label")).to_have_value("")
        press(page, "Unlock")
        unlock(page)
        expect(label).to_have_text("first")
        expect(page.locator("#key-sandbox [data-secret]")).to_be_hidden()


def _hold(page: Page, held: list[Route]) -> None:
    page.route(READING, lambda route: held.append(route))


def _reveal(page: Page, held: list[Route]) -> None:
    _hold(page, held)
    page.get_by_role("button", name="Reveal the Sandbox key").click()


def _rename(page: Page, held: list[Route]) -> None:
    page.get_by_role("button", name="Rename the Sandbox key").click()
    page.locator("#new-label").fill("half-done")
    _hold(page, held)
    page.get_by_role("button", name="Save label").click()


def test_cancel_calls_back_what_can_be_and_says_when_it_can_not(sign_in: Callable[[Resident, str], Page], resident: Resident) -> None:
    page = sign_in(resident, "/keys")
    held: list[Route] = []
    page.route("**/v1/connections", lambda route: held.append(route) if route.request.method == "POST" else route.continue_())
    page.get_by_role("button", name="Replace the Sandbox key").click()
    dialog = page.get_by_role("dialog", name="Replace the Sandbox key")
    dialog.get_by_label("Provider key").fill("sandbox-key-" + "slow")
    dialog.get_by_role("button", name="Encrypt and save").click()
    expect(dialog.get_by_text("Trying the key at Sandbox")).to_be_visible()
    dialog.get_by_role("button", name="Cancel", exact=True).last.click()
    expect(dialog).to_be_hidden()
    page.unroute("**/v1/connections")
    for route in held:
        route.continue_()
    page.wait_for_timeout(1500)
    assert resident.person.read_keys() == {"sandbox": SANDBOX_KEY}

    page.route("**/v1/keys/sandbox", lambda route: held.append(route))
    held.clear()
    page.get_by_role("button", name="Delete the Sandbox key").click()
    question = page.get_by_role("dialog", name="Delete the Sandbox key?")
    question.get_by_label("Type Sandbox to confirm").fill("Sandbox")
    cancel = question.get_by_role("button", name="Cancel")
    expect(cancel).to_be_enabled()
    question.get_by_role("button", name="Delete key").click()
    expect(cancel).to_be_disabled()
    cancel.dispatch_event("click")
    # In the dialog, as nothing else is announced while it is open.
    expect(question.get_by_role("status").filter(has_text="can’t be called back")).to_be_visible()
    expect(question).to_be_visible()
    held[0].continue_()
    expect(page.get_by_text("Add your first key")).to_be_visible()
    expect(page.locator("body > #toasts")).to_contain_text("Sandbox key deleted")


@pytest.mark.long
def test_a_lock_at_the_offer_of_a_kit_leads_to_the_offer_again(relay: str, visit: Visit) -> None:
    page = visit.open(f"{relay}/signup?next=/connections")
    page.get_by_label("Email").fill(f"newcomer-{secrets.token_hex(6)}@example.com")
    page.get_by_label("Master password").fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Create vault").click()
    expect(page.get_by_role("button", name="Make my recovery kit")).to_be_visible()
    other = page.context.new_page()
    other.goto(f"{relay}/overview")
    lock_here(other)
    expect(page).to_have_url(f"{relay}/security")
    dialog = page.get_by_role("dialog", name="Make a recovery kit")
    expect(dialog.get_by_role("status")).to_contain_text("locked before you had a recovery kit")
    dialog.get_by_label("Master password").fill(PASSWORD)
    dialog.get_by_role("button", name="Make the kit").click()
    expect(page.get_by_role("heading", name="Save your recovery kit")).to_be_focused()


@pytest.mark.long
def test_signing_out_goes_to_one_place_once(sign_in: Callable[[Resident, str], Page], resident: Resident, relay: str) -> None:
    page = sign_in(resident, "/security")
    went: list[str] = []
    page.on("request", lambda request: went.append(request.url) if request.is_navigation_request() else None)
    page.get_by_label("Account menu").click()
    press(page, "Sign out")
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    page.wait_for_timeout(300)
    assert went == [f"{relay}/signin"]


@pytest.mark.long
def test_limits_typed_and_not_saved_survive_a_pause(sign_in: Callable[[Resident, str], Page], resident: Resident) -> None:
    page = sign_in(resident, f"/connections/{resident.connection_id}")
    daily, models = page.get_by_role("textbox", name="Budget a day"), page.get_by_role("textbox", name="Models")
    daily.fill("1.5")
    models.fill("sandbox-small")
    page.get_by_label("Allow models without a known price").check()
    page.get_by_role("button", name="Pause Quill").click()
    expect(page.get_by_role("button", name="Resume Quill")).to_be_focused()
    expect(daily).to_have_value("1.5")
    expect(models).to_have_value("sandbox-small")
    expect(page.get_by_label("Allow models without a known price")).to_be_checked()
    page.get_by_role("button", name="Save limits").click()
    expect(page.get_by_role("status").filter(has_text=re.compile("Limits saved"))).to_be_visible()
    limits = resident.app.connection(resident.connection_id)["limits"]
    assert (limits["dailyCents"], limits["models"], limits["allowUnpriced"]) == (150, ["sandbox-small"], True)
