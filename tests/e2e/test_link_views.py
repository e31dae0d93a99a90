"""Every view of Link, in both themes and three sizes: accessible, within the window, with the focus where reading begins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.e2e import link_steps as steps
from tests.e2e.conftest import PASSWORD
from tests.e2e.link_sweep import faults_of
from tests.e2e.test_link_update import REFUSED, connected, sign_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import RegisteredApp, Visit

pytestmark = pytest.mark.e2e

IN_A_MONTH = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT00:00:00Z")
MANY_LIMITS = {
    "dailyCents": 100,
    "requestsPerMinute": 30,
    "models": ["sandbox-small", "sandbox-large", "gpt-5-mini", "gpt-5-nano", "claude-haiku-4-5", "claude-sonnet-5"],
    "expiresAt": IN_A_MONTH,
    "allowUnpriced": True,
}


def _frame_of(page: Page) -> Frame:
    return next(frame for frame in page.frames if "/link/frame/" in frame.url)


def test_the_views_a_newcomer_sees_are_without_fault(visit: Visit, app: RegisteredApp) -> None:
    app.asked |= {"requestedProviders": ["openai", "anthropic", "google", "sandbox"], "limits": MANY_LIMITS}
    page, frame = steps.press_connect(visit, app)
    found = faults_of(page, "intro", _frame_of(page))
    window = steps.press_continue(page, frame)
    expect(window.get_by_role("heading", name="Sign in to 1Relay")).to_be_visible()
    found += faults_of(page, "window", _frame_of(page))
    found += faults_of(window, "sign-in")
    window.get_by_role("button", name="Create a vault").click()
    found += faults_of(window, "sign-up")
    window.get_by_role("button", name="Sign in").last.click()
    steps.sign_up(window, steps.new_email())
    expect(window.locator("#consent-site")).to_be_focused()
    found += faults_of(window, "consent-without-key")
    window.get_by_role("button", name="Add key (OpenAI)").click()
    window.get_by_text("Where do I get a key from OpenAI?").click()
    found += faults_of(window, "key-form")
    window.get_by_role("button", name="Not now").click()
    steps.use_sandbox_key(window)
    found += faults_of(window, "consent")
    steps.approve(window)
    expect(window.get_by_role("heading", name="Connected")).to_be_focused()
    found += faults_of(window, "done")
    assert found == []


@pytest.mark.long
def test_the_views_of_somebody_returning_are_without_fault(new_visit: Callable[..., Visit], app: RegisteredApp) -> None:
    visit = new_visit()
    page, result = steps.connect_newcomer(visit, app, steps.new_email())
    app.server.exchange(result["publicToken"], "visitor-1")
    visit.open(f"{app.server.origin}/keys").evaluate("localStorage.clear()")
    page, frame = steps.press_connect(visit, app)
    window = steps.press_continue(page, frame)
    expect(window.get_by_role("heading", name="Unlock your vault")).to_be_visible()
    found = faults_of(window, "unlock")
    window.fill("#unlock-password", PASSWORD)
    window.get_by_role("button", name="Unlock").click()
    expect(window.get_by_text("Already connected")).to_be_visible()
    found += faults_of(window, "already-connected")
    window.get_by_role("button", name="Change that one instead").click()
    found += faults_of(window, "change-existing")
    frame.get_by_role("button", name="Cancel").click()
    steps.exit_of(page)
    page.evaluate("link.open()")
    expect(frame.get_by_role("alert")).to_be_visible()
    found += faults_of(page, "frame-error", _frame_of(page))
    assert found == []


@pytest.mark.long
def test_the_views_of_trouble_are_without_fault(new_visit: Callable[..., Visit], app: RegisteredApp) -> None:
    app.site.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    visit = new_visit()
    page, frame = steps.press_connect(visit, app)
    with visit.context.expect_page() as opening:
        frame.get_by_role("button", name="Continue").click()
    expect(frame.get_by_role("heading", name="Continue in the window that opened")).to_be_visible()
    found = faults_of(page, "blocked", _frame_of(page))
    expect(opening.value.get_by_role("alert").filter(has_text="lost the app’s page")).to_be_visible()
    found += faults_of(opening.value, "window-error")
    assert found == []


@pytest.mark.long
def test_the_views_of_a_change_are_without_fault(new_visit: Callable[..., Visit], relay: str, app: RegisteredApp) -> None:
    person, connection_id, _ = connected(relay, app, REFUSED)
    limits = {"dailyCents": 200, "models": ["sandbox-small"], "expiresAt": IN_A_MONTH}
    app.asked = {"requestedProviders": ["sandbox", "openai"], "budgetSuggestionCents": 900, "connectionId": connection_id, "limits": limits}
    page, frame = steps.press_connect(new_visit(), app)
    found = faults_of(page, "intro-update", _frame_of(page))
    window = steps.press_continue(page, frame)
    sign_in(window, person.email)
    expect(window.get_by_text("Sandbox refuses the key")).to_be_visible()
    found += faults_of(window, "update")
    window.get_by_role("button", name="Replace key (Sandbox)").click()
    window.get_by_text("Where do I get a key").click()
    window.fill("#key-sandbox", REFUSED)
    window.get_by_role("button", name="Replace key", exact=True).click()
    expect(window.get_by_role("button", name="Change the key")).to_be_focused()
    found += faults_of(window, "key-refused")
    assert found == []
