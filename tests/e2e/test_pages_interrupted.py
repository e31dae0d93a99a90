"""The pages when something comes between: other tabs, the idle clock, changes made elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import Visit
from tests.e2e.page_steps import Resident, change_budget, forgive

pytestmark = [pytest.mark.e2e, pytest.mark.long]
SANDBOX_KEY = "sandbox-key-" + "works"
OTHER_KEY = "sandbox-key-" + "slow"


def test_a_connection_made_while_the_dialog_is_open_is_shown_before_it_gets_the_key(
    sign_in: Callable[[Resident, str], Page], resident: Resident
) -> None:
    page = sign_in(resident, "/keys")
    stale = {"success": True, "data": {"items": [], "nextCursor": None}}
    expect(page.locator("#key-sandbox [data-label]")).to_have_text("first")
    page.route("**/v1/connections?*provider=*", lambda route: route.fulfill(json=stale), times=1)
    page.get_by_role("button", name="Replace the Sandbox key").click()
    dialog = page.get_by_role("dialog", name="Replace the Sandbox key")
    expect(dialog.get_by_role("checkbox", name="Quill")).to_have_count(0)
    dialog.get_by_label("Provider key").fill(OTHER_KEY)
    dialog.get_by_role("button", name="Encrypt and save").click()
    expect(dialog.get_by_role("alert").filter(has_text="Look at the list")).to_be_visible()
    expect(dialog.get_by_role("checkbox", name="Quill")).to_be_checked()
    assert resident.person.read_keys() == {"sandbox": SANDBOX_KEY}
    dialog.get_by_role("button", name="Encrypt and save").click()
    expect(page.locator("#key-sandbox [data-tail]")).to_have_text("•••• slow")


def test_a_typed_key_leaves_the_form_when_the_vault_locks(sign_in: Callable[[Resident, str], Page], resident: Resident) -> None:
    page = sign_in(resident, "/keys")
    page.get_by_role("button", name="Replace the Sandbox key").click()
    page.get_by_role("dialog", name="Replace the Sandbox key").get_by_label("Provider key").fill(OTHER_KEY)
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_label("Account menu").click()
    other.get_by_role("button", name="Lock the vault").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#key-value")).to_have_value("")


def test_a_question_stays_until_its_answer_is_known(sign_in: Callable[[Resident, str], Page], resident: Resident) -> None:
    page = sign_in(resident, "/keys")
    held: list[Route] = []
    page.route("**/v1/keys/sandbox", lambda route: held.append(route))
    page.get_by_role("button", name="Delete the Sandbox key").click()
    dialog = page.get_by_role("dialog", name="Delete the Sandbox key?")
    dialog.get_by_label("Type Sandbox to confirm").fill("Sandbox")
    dialog.get_by_role("button", name="Delete key").click()
    page.wait_for_timeout(300)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    held[0].continue_()
    expect(page.get_by_text("Add your first key")).to_be_visible()


def test_a_budget_that_was_lowered_elsewhere_is_raised_with_the_vault(
    sign_in: Callable[[Resident, str], Page], visit: Visit, resident: Resident
) -> None:
    page = sign_in(resident, "/connections")
    resident.person.call("PATCH", f"/v1/connections/{resident.connection_id}", {"budgetCents": 100})
    change_budget(page, "3")
    expect(page.get_by_role("status")).to_contain_text("Budget saved")
    assert resident.app.connection(resident.connection_id)["budgetCents"] == 300
    forgive(visit, 403)
