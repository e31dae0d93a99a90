"""Link for people who have been here before: locked vaults, other accounts, lost answers, connections to be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e import link_steps as steps
from tests.e2e.conftest import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Route

    from tests.e2e.conftest import RegisteredApp, Visit

pytestmark = [pytest.mark.e2e, pytest.mark.long]


def test_a_locked_vault_is_unlocked_in_the_window(new_visit: Callable[..., Visit], app: RegisteredApp) -> None:
    visit = new_visit()
    steps.connect_newcomer(visit, app, steps.new_email())
    visit.open(f"{app.server.origin}/keys").evaluate("localStorage.clear()")
    page, frame = steps.press_connect(visit, app)
    window = steps.press_continue(page, frame)

    window.fill("#unlock-password", PASSWORD + "!")
    window.get_by_role("button", name="Unlock").click()
    expect(window.locator("#unlock-password-error")).not_to_be_empty()
    window.fill("#unlock-password", PASSWORD)
    window.get_by_role("button", name="Unlock").click()
    steps.approve(window)
    assert steps.success_of(page)["publicToken"]
    assert "UNLOCK_VAULT" in steps.events_of(page)


def test_somebody_else_can_use_their_own_account(visit: Visit, app: RegisteredApp) -> None:
    steps.connect_newcomer(visit, app, steps.new_email())
    page, frame = steps.press_connect(visit, app)
    window = steps.press_continue(page, frame)
    window.get_by_role("button", name="Not you?").click()
    other = steps.new_email()
    steps.sign_up(window, other)
    expect(window.get_by_text(other)).to_be_visible()
    expect(window.get_by_text("Add a key to go on.")).to_be_visible()
    assert steps.events_of(page).count("HANDOFF") == 0


def test_pressing_approve_again_after_a_lost_answer_makes_no_second_approval(new_visit: Callable[..., Visit], app: RegisteredApp) -> None:
    visit = new_visit()
    steps.connect_newcomer(visit, app, steps.new_email())
    page, frame = steps.press_connect(visit, app)
    window = steps.press_continue(page, frame)

    def lose_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    window.route("**/v1/link/authorize", lose_answer, times=1)
    steps.approve(window)
    expect(window.locator("#approve-error")).not_to_be_empty()
    steps.approve(window)
    result = steps.success_of(page)
    assert app.server.exchange(result["publicToken"], "visitor-1")["connectionId"] == result["connectionId"]


def test_the_keyboard_is_enough(visit: Visit, app: RegisteredApp) -> None:
    steps.connect_newcomer(visit, app, steps.new_email())
    page = visit.open(app.site.origin)
    page.locator("#connect").press("Enter")
    frame = page.frame_locator("dialog iframe")
    expect(frame.get_by_role("button", name="Continue")).to_be_visible()
    with page.expect_popup() as opening:
        for _ in range(4):
            page.keyboard.press("Tab")
            if frame.get_by_role("button", name="Continue").evaluate("button => button === document.activeElement"):
                break
        page.keyboard.press("Enter")
    window = opening.value
    button = window.get_by_role("button", name="Approve")
    expect(button).to_be_visible()
    window.keyboard.press("Tab")
    expect(button).to_be_enabled()
    for _ in range(12):
        window.keyboard.press("Tab")
        if button.evaluate("button => button === document.activeElement"):
            break
    window.keyboard.press("Enter")
    assert steps.success_of(page)["publicToken"]


def test_update_mode_is_refused_to_another_account(new_visit: Callable[..., Visit], app: RegisteredApp) -> None:
    _, result = steps.connect_newcomer(new_visit(), app, steps.new_email())
    granted = app.server.exchange(result["publicToken"], "visitor-1")
    app.asked = {"requestedProviders": ["sandbox"], "connectionId": granted["connectionId"]}

    page, frame = steps.press_connect(new_visit(), app)
    window = steps.press_continue(page, frame)
    steps.sign_up(window, steps.new_email())
    expect(window.get_by_role("alert").filter(has_text="another account")).to_be_visible()


def test_link_opens_again_after_a_component_was_mounted_twice(visit: Visit, app: RegisteredApp) -> None:
    """What frameworks do: destroy a component that has shown its modal, and mount it again with the same token."""
    page, frame = steps.press_connect(visit, app)
    page.evaluate("link.destroy(); link.open(); link.destroy(); link.open()")
    expect(frame.get_by_role("button", name="Continue")).to_be_visible()
    assert page.locator("dialog iframe").count() == 1
    page.evaluate("link.exit({ force: true })")
    assert steps.is_clean(page)


def test_the_script_tag_form_sets_the_global(visit: Visit, app: RegisteredApp) -> None:
    app.site.pages["/global.js"] = ("text/javascript", b"document.title = typeof OneRelay.create;")
    html = f'<!doctype html><title>-</title><link rel="icon" href="data:,"><script src="{app.server.origin}/static/dist/link.js"></script>'
    app.site.pages["/script"] = ("text/html", f'{html}<script src="/global.js"></script>'.encode())
    app.site.headers["Content-Security-Policy"] = f"script-src 'self' {app.server.origin}"
    assert visit.open(f"{app.site.origin}/script").title() == "function"
