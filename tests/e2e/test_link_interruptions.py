"""Link when something comes between: other tabs, the idle clock, a network that goes, a request that ran out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e import link_steps as steps
from tests.e2e.conftest import PASSWORD
from tests.e2e.page_steps import unlock

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import FrameLocator, Page

    from tests.e2e.conftest import RegisteredApp, Visit

pytestmark = [pytest.mark.e2e, pytest.mark.long]

GROQ_KEY = "gsk" + "_" + "q" * 52
LINK_EXPIRED = {"success": False, "error": {"code": "link_expired", "message": "It has expired.", "requestId": "req_1", "details": {}}}


@pytest.fixture
def consenting(new_visit: Callable[..., Visit], app: RegisteredApp) -> tuple[Visit, Page, FrameLocator, Page]:
    """A person's browser, the app's page, its frame, and the window with a key chosen and Approve within reach."""
    visit = new_visit()
    page, frame = steps.press_connect(visit, app)
    window = steps.press_continue(page, frame)
    steps.sign_up(window, steps.new_email())
    steps.use_sandbox_key(window)
    return visit, page, frame, window


def test_an_error_that_ends_link_in_the_window_reaches_the_app(consenting: tuple[Visit, Page, FrameLocator, Page]) -> None:
    _, page, _, window = consenting
    window.route("**/v1/link/authorize", lambda route: route.fulfill(status=410, json=LINK_EXPIRED))
    steps.approve(window)
    with window.expect_event("close"):
        window.get_by_role("button", name="Close this window").click()
    error, metadata = steps.exit_of(page)
    assert error is not None
    assert (error["code"], metadata["status"]) == ("link_expired", "failed")


def test_a_failed_sign_out_is_seen(consenting: tuple[Visit, Page, FrameLocator, Page]) -> None:
    _, _, _, window = consenting
    window.route("**/v1/auth/logout", lambda route: route.abort())
    window.get_by_role("button", name="Not you?").click()
    expect(window.locator("#toasts")).to_contain_text("can't be reached")
    expect(window.get_by_role("heading", name="Unlock your vault")).to_be_visible()


def test_ticks_and_budget_survive_a_lock_and_reading_starts_anew(consenting: tuple[Visit, Page, FrameLocator, Page], relay: str) -> None:
    visit, page, _, window = consenting
    window.fill("#budget", "3.21")
    window.get_by_role("checkbox", name="Sandbox").uncheck()
    keys = visit.open(f"{relay}/keys")
    keys.get_by_label("Account menu").click()
    keys.get_by_role("button", name="Lock the vault").click()
    expect(window.get_by_role("heading", name="Unlock your vault")).to_be_visible()
    # Unlocked in the other tab: the window need not ask again.
    keys.get_by_role("button", name="Unlock", exact=True).click()
    unlock(keys)
    expect(window.locator("#budget")).to_have_value("3.21")
    expect(window.get_by_role("checkbox", name="Sandbox")).not_to_be_checked()
    window.get_by_role("checkbox", name="Sandbox").check()
    steps.approve(window)
    assert steps.success_of(page)["budgetCents"] == 321


def test_the_second_of_reading_begins_when_there_is_something_to_read(consenting: tuple[Visit, Page, FrameLocator, Page]) -> None:
    _, _, _, window = consenting
    expect(window.get_by_role("button", name="Approve")).to_be_enabled()
    window.evaluate(
        """() => {
          const [approve, consent] = [document.getElementById("approve"), document.querySelector("[data-view=consent]")];
          const note = () => {
            if (consent.hidden) globalThis.shownAt = globalThis.enabledAt = null;
            else globalThis.shownAt ??= performance.now();
            if (!consent.hidden && !approve.disabled) globalThis.enabledAt ??= performance.now();
          };
          new MutationObserver(note).observe(document.body, { attributes: true, subtree: true });
        }"""
    )
    other = window.context.new_page()
    other.goto(window.url.split("/link/")[0] + "/keys")
    other.get_by_label("Account menu").click()
    other.get_by_role("button", name="Lock the vault").click()
    window.bring_to_front()
    window.fill("#unlock-password", PASSWORD)
    window.get_by_role("button", name="Unlock").click()
    expect(window.locator("#approve-reason")).to_contain_text("in a moment")
    expect(window.get_by_role("button", name="Approve")).to_be_enabled()
    assert window.evaluate("enabledAt - shownAt") >= 950


def test_the_keyboard_finds_its_way_back_from_the_key_form(new_visit: Callable[..., Visit], app: RegisteredApp) -> None:
    app.asked["requestedProviders"] = ["openai"]
    page, frame = steps.press_connect(new_visit(), app)
    window = steps.press_continue(page, frame)
    steps.sign_up(window, steps.new_email())
    add = window.get_by_role("button", name="Add key (OpenAI)")
    add.click()
    field = window.locator("#key-openai")
    field.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("Paste the key"))
    window.get_by_role("button", name="Not now").click()
    expect(add).to_be_focused()


def test_another_providers_key_is_not_sent_unasked_and_nothing_typed_outlasts_a_lock(
    new_visit: Callable[..., Visit], app: RegisteredApp, relay: str
) -> None:
    app.asked["requestedProviders"] = ["openai"]
    visit = new_visit()
    page, frame = steps.press_connect(visit, app)
    window = steps.press_continue(page, frame)
    steps.sign_up(window, steps.new_email())
    window.get_by_role("button", name="Add key (OpenAI)").click()
    calls: list[str] = []
    window.on("request", lambda request: calls.append(request.url))
    window.fill("#key-openai", GROQ_KEY)
    window.get_by_role("button", name="Add key", exact=True).click()
    expect(window.get_by_text("It was not sent to OpenAI.")).to_be_visible()
    assert not [url for url in calls if not url.endswith("/events")]

    keys = visit.open(f"{relay}/keys")
    keys.get_by_label("Account menu").click()
    keys.get_by_role("button", name="Lock the vault").click()
    expect(window.get_by_role("heading", name="Unlock your vault")).to_be_visible()
    expect(window.locator("#key-openai")).to_have_count(0)
