"""Every way out of Link reaches the app exactly once: what browsers, networks, clocks and people do while it is open.

Closing the window, cancelling, Escape: test_link_flow. Openers cut off, redirects: test_link_redirect. Lost answers: test_link_returning.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import link_steps as steps
from tests.e2e.conftest import Visit
from tests.e2e.core_bundles import FLAGS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import RegisteredApp

pytestmark = pytest.mark.e2e

NewVisit = Callable[..., Visit]


def outcomes(page: Page) -> list[str]:
    """What the app was called back with besides events, in order."""
    names: list[str] = page.evaluate("calls.map(([name]) => name).filter((name) => name !== 'event' && name !== 'load')")
    return names


def session_of(page: Page) -> str:
    """The link session's id, as the app's page heard it."""
    found: str = page.evaluate("calls.findLast(([name]) => name === 'event')[2].linkSessionId")
    return found


def awaited(app: RegisteredApp, session_id: str, status: str) -> str:
    """The session's status, once it is that one or five seconds have passed."""
    deadline = time.monotonic() + 5
    found = ""
    while found != status and time.monotonic() < deadline:
        found = app.server.call("GET", f"/v1/link/sessions/{session_id}")["status"]
    return found


def consenting(visit: Visit, app: RegisteredApp) -> tuple[Page, Any, Page]:
    """A newcomer's app page, frame and window, with Approve within reach."""
    page, frame = steps.press_connect(visit, app)
    window = steps.press_continue(page, frame)
    steps.sign_up(window, steps.new_email())
    steps.use_sandbox_key(window)
    return page, frame, window


def test_a_request_that_runs_out_while_it_is_open_ends_in_one_exit(visit: Visit, app: RegisteredApp) -> None:
    visit.context.clock.install()
    page, frame = steps.press_connect(visit, app)
    window = steps.press_continue(page, frame)
    expect(window.locator("#email")).to_be_visible()
    steps.await_view(page, "sign_in")
    with window.expect_event("close"):
        visit.context.clock.fast_forward("31:00")
    expect(frame.get_by_role("heading", name="This request has expired")).to_be_focused()
    frame.get_by_role("button", name="Back to the app").click()
    error, metadata = steps.exit_of(page)
    assert error is not None
    assert (error["code"], metadata["status"]) == ("link_expired", "failed")
    assert outcomes(page) == ["exit"]


@pytest.mark.long
def test_a_lost_network_loses_nothing_else(new_visit: NewVisit, app: RegisteredApp) -> None:
    visit = new_visit()
    page, _, window = consenting(visit, app)
    window.fill("#budget", "4.20")
    expect(window.get_by_role("button", name="Approve")).to_be_enabled()
    visit.context.set_offline(True)
    expect(window.get_by_role("status").filter(has_text="You are offline")).to_be_visible()
    steps.approve(window)
    expect(window.locator("#approve-error")).to_contain_text("can't be reached")
    assert outcomes(page) == []
    visit.context.set_offline(False)
    expect(window.get_by_role("status").filter(has_text="You are offline")).to_be_hidden()
    steps.approve(window)
    assert steps.success_of(page)["budgetCents"] == 420
    assert outcomes(page) == ["success"]


def test_a_component_that_is_made_ended_and_made_again_is_called_back_once(visit: Visit, app: RegisteredApp) -> None:
    """Two handlers of one token, as strict mode and hot reloading make them; the first has been thrown away."""
    page = visit.open(app.site.origin)
    page.evaluate(
        """async () => {
             const { OneRelay } = await import("/link-sdk.js");
             const { token, apiBaseUrl } = await (await fetch("/session", { method: "POST" })).json();
             const make = (name) => OneRelay.create({ token, apiBaseUrl,
               onSuccess: (...given) => calls.push([`${name}success`, ...given]),
               onExit: (...given) => calls.push([`${name}exit`, ...given]),
               onEvent: (...given) => calls.push(["event", ...given]) });
             const first = make("first ");
             first.open();
             first.destroy();
             globalThis.link = make("");
             link.open();
             first.destroy();
             first.exit();
           }"""
    )
    frame = page.frame_locator("dialog iframe")
    expect(frame.get_by_role("button", name="Continue")).to_be_visible()
    assert page.locator("dialog").count() == 1
    frame.locator("body").press("Escape")
    assert steps.exit_of(page)[1]["status"] == "not_started"
    assert outcomes(page) == ["exit"]
    assert steps.is_clean(page)


@pytest.mark.long
def test_a_relay_out_of_reach_can_be_tried_again(new_visit: NewVisit, app: RegisteredApp) -> None:
    visit = new_visit()
    page = visit.open(app.site.origin)
    visit.context.route("**/v1/link/session", lambda route: route.abort(), times=1)
    page.click("#connect")
    frame = page.frame_locator("dialog iframe")
    expect(frame.get_by_role("heading", name="1Relay can’t be reached")).to_be_visible()
    frame.get_by_role("button", name="Try again").click()
    expect(frame.get_by_role("button", name="Continue")).to_be_visible()
    visit.context.route("**/v1/link/session", lambda route: route.abort(), times=1)
    window = steps.press_continue(page, frame)
    window.get_by_role("button", name="Try again").click()
    expect(window.get_by_role("heading", name="Sign in to 1Relay")).to_be_visible()
    frame.get_by_role("button", name="Cancel").click()
    assert steps.exit_of(page)[0] is None
    assert outcomes(page) == ["exit"]


@pytest.mark.long
def test_leaving_the_page_and_coming_back_begins_anew(visit: Visit, app: RegisteredApp) -> None:
    page, frame = steps.press_connect(visit, app)
    window = steps.press_continue(page, frame)
    steps.await_view(page, "sign_in")
    session_id = session_of(page)
    with window.expect_event("close"):
        page.goto(f"{app.site.origin}/?elsewhere")
    assert awaited(app, session_id, "exited") == "exited"
    page.go_back()
    assert steps.is_clean(page)
    page.click("#connect")
    expect(frame.get_by_role("button", name="Continue")).to_be_visible()


@pytest.mark.long
def test_going_back_in_the_window_leads_nowhere_and_loses_nothing(visit: Visit, app: RegisteredApp) -> None:
    page, frame = steps.press_connect(visit, app)
    window = steps.press_continue(page, frame)
    steps.sign_up(window, steps.new_email())
    window.go_back()
    steps.use_sandbox_key(window)
    window.reload()
    expect(window.get_by_role("checkbox", name="Sandbox")).to_be_checked()
    steps.approve(window)
    assert steps.success_of(page)["providers"] == ["sandbox"]
    assert outcomes(page) == ["success"]


@pytest.mark.long
def test_two_tabs_of_one_app_each_hear_their_own_ending(visit: Visit, app: RegisteredApp) -> None:
    first, _, first_window = consenting(visit, app)
    second, second_frame = steps.press_connect(visit, app)
    second_window = steps.press_continue(second, second_frame)
    expect(second_window.get_by_role("button", name="Approve")).to_be_visible()
    steps.cancel(second_window)
    first_window.bring_to_front()
    steps.approve(first_window)
    result = steps.success_of(first)
    assert steps.exit_of(second)[1]["status"] == "budget_not_approved"
    assert (outcomes(first), outcomes(second)) == (["success"], ["exit"])
    assert result["linkSessionId"] == session_of(first) != session_of(second)


@pytest.mark.long
def test_the_same_request_in_a_second_tab_is_approved_once(new_visit: NewVisit, app: RegisteredApp) -> None:
    """The app's page opened Link twice with one token, as a duplicated tab does."""
    visit = new_visit()
    first, _, window = consenting(visit, app)
    address = window.url
    app.site.answers["/session"] = lambda _query: {"token": address.partition("#")[2], "apiBaseUrl": app.server.origin}
    second, second_frame = steps.press_connect(visit, app)
    second_window = steps.press_continue(second, second_frame)
    expect(second_window.get_by_role("button", name="Approve")).to_be_enabled()
    window.bring_to_front()
    steps.approve(window)
    assert steps.success_of(first)["publicToken"]
    second_window.bring_to_front()
    steps.approve(second_window)
    expect(second_window.get_by_role("heading", name="This request is over")).to_be_visible()
    with second_window.expect_event("close"):
        second_window.get_by_role("button", name="Close this window").click()
    error, metadata = steps.exit_of(second)
    assert error is not None
    assert (error["code"], metadata["status"]) == ("link_consumed", "failed")
    assert (outcomes(first), outcomes(second)) == (["success"], ["exit"])


@pytest.fixture
def blocking(chromium: Browser) -> Iterator[Browser]:
    """A browser that keeps back windows nobody clicked for, as people's do and Playwright's usually doesn't."""
    unblocked = ["--disable-popup-blocking"]
    browser = chromium.browser_type.launch(executable_path=shutil.which("chromium"), args=FLAGS, ignore_default_args=unblocked)
    yield browser
    browser.close()


@pytest.mark.long
def test_a_blocked_window_can_be_opened_by_hand(blocking: Browser, app: RegisteredApp) -> None:
    visit = Visit(blocking.new_context())
    page, frame = steps.press_connect(visit, app)
    inner = next(one for one in page.frames if "/link/frame/" in one.url)
    # By script, and so late that no click counts for it any more.
    inner.evaluate("() => { setTimeout(() => document.querySelector('[data-view=intro] [data-action=continue]').click(), 6000); }")
    page.wait_for_timeout(7000)
    expect(frame.get_by_role("heading", name="Continue in the window that opened")).to_be_focused()
    assert "WINDOW_BLOCKED" in steps.events_of(page)
    assert len(visit.context.pages) == 1
    with page.expect_popup() as opening:
        frame.get_by_role("button", name="Open the window").click()
    window = opening.value
    steps.sign_up(window, steps.new_email())
    steps.use_sandbox_key(window)
    steps.approve(window)
    assert steps.success_of(page)["publicToken"]
    assert outcomes(page) == ["success"]


@pytest.fixture(params=["third-party cookies blocked", "storage partitioned"])
def embedded(request: pytest.FixtureRequest, chromium: Browser, tmp_path: Path) -> Iterator[tuple[Visit, object]]:
    """A browser, and what a frame of another site finds in its local storage there.

    Chromium keeps cookies and storage from such frames, or (as other browsers do) gives them a storage of their own.
    """
    if request.param == "storage partitioned":
        flags = [*FLAGS, "--disable-features=TrackingProtection3pcd,BlockThirdPartyCookies"]
        context = chromium.browser_type.launch_persistent_context(str(tmp_path), executable_path=shutil.which("chromium"), args=flags)
        yield Visit(context), False
    else:
        context = chromium.new_context()
        yield Visit(context), "kept away"
    context.close()


# Whether a page finds something in its local storage, or may not even look.
KEPT = "() => { try { return Object.keys(localStorage).length > 0 } catch { return 'kept away' } }"


@pytest.mark.long
def test_link_needs_neither_cookies_nor_storage_in_the_apps_page(embedded: tuple[Visit, object], app: RegisteredApp) -> None:
    visit, found_in_frame = embedded
    steps.connect_newcomer(visit, app, steps.new_email())
    page, frame = steps.press_connect(visit, app)
    inner = next(one for one in page.frames if "/link/frame/" in one.url)
    window = steps.press_continue(page, frame)
    expect(window.locator("#consent-site")).to_be_visible()
    # The frame knows nobody, and has none of what the window of the same origin keeps.
    who = "async () => (await fetch('/v1/auth/me')).status"
    assert (inner.evaluate(who), window.evaluate(who)) == (401, 200)
    assert (inner.evaluate(KEPT), window.evaluate(KEPT)) == (found_in_frame, True)
    steps.approve(window)
    assert steps.success_of(page)["publicToken"]
    assert outcomes(page) == ["success"]
