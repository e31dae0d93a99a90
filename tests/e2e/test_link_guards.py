"""What Link refuses: strangers, clicks that nobody meant, windows without a way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e import link_steps as steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import RegisteredApp, Visit
    from tests.e2e.link_sites import Site

pytestmark = pytest.mark.e2e

# Notes when Approve is first enabled, in milliseconds since this window's own beginning.
WATCH_APPROVE = """addEventListener("DOMContentLoaded", () => {
  const approve = document.getElementById("approve");
  if (!approve) return;
  new MutationObserver(() => { if (!approve.disabled) globalThis.enabledAt ??= performance.now(); })
    .observe(approve, { attributes: true });
});"""


def test_approve_can_be_pressed_neither_in_the_first_second_nor_by_script(visit: Visit, app: RegisteredApp) -> None:
    steps.connect_newcomer(visit, app, steps.new_email())
    visit.context.add_init_script(WATCH_APPROVE)
    page, frame = steps.press_connect(visit, app)
    window = steps.press_continue(page, frame)
    button = window.get_by_role("button", name="Approve")
    expect(button).to_be_visible()
    box = button.bounding_box()
    assert box is not None
    while not window.evaluate("globalThis.enabledAt"):
        window.mouse.move(box["x"] + 5, box["y"] - 60)
        window.evaluate("document.getElementById('approve').click()")
    assert window.evaluate("enabledAt") >= 1000

    window.evaluate("const b = document.getElementById('approve'); b.click(); b.dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    window.wait_for_timeout(700)
    assert "APPROVE_BUDGET" not in steps.events_of(page)
    button.click()
    assert steps.success_of(page)["publicToken"]
    assert steps.events_of(page).count("APPROVE_BUDGET") == 1


@pytest.mark.long
def test_losing_the_focus_starts_the_second_afresh(visit: Visit, app: RegisteredApp) -> None:
    steps.connect_newcomer(visit, app, steps.new_email())
    page, frame = steps.press_connect(visit, app)
    window = steps.press_continue(page, frame)
    button = window.get_by_role("button", name="Approve")
    window.mouse.move(50, 50)
    expect(button).to_be_enabled()
    window.evaluate(
        "document.hasFocus = () => false; dispatchEvent(new Event('blur')); delete document.hasFocus; dispatchEvent(new Event('focus'))"
    )
    expect(button).to_be_disabled()


@pytest.mark.parametrize("address", ["frameUrl", "linkUrl"])
def test_a_stranger_can_frame_neither_page(new_visit: Callable[..., Visit], app: RegisteredApp, stranger: Site, address: str) -> None:
    visit = new_visit()
    target = app.site.answers["/session"]("")[address]
    page = visit.open(stranger.origin)
    page.evaluate("url => embed(url)", target)
    page.wait_for_timeout(1000)
    assert any("frame-ancestors" in complaint for complaint in visit.complaints)
    assert page.frames[-1].locator("body").inner_text() == "" or "1Relay" not in page.frames[-1].content()
    assert page.evaluate("heard") == []


@pytest.mark.long
def test_link_on_a_page_of_a_stranger_ends_in_on_exit(new_visit: Callable[..., Visit], app: RegisteredApp, stranger: Site) -> None:
    """A stranger who got hold of a link token uses the SDK itself: ten seconds of silence, then an error."""
    stranger.pages["/link-sdk.js"] = app.site.pages["/link-sdk.js"]
    token = app.site.answers["/session"]("")["token"]
    page = new_visit().open(stranger.origin)
    page.evaluate(
        """async ([token, apiBaseUrl]) => {
             const { OneRelay } = await import("/link-sdk.js");
             globalThis.calls = [];
             OneRelay.create({ token, apiBaseUrl, onSuccess() {}, onExit: (...given) => calls.push(["exit", ...given]) }).open();
           }""",
        [token, app.server.origin],
    )
    error, metadata = steps.exit_of(page)
    assert error is not None
    assert (error["code"], metadata["status"]) == ("frame_unreachable", "failed")
    assert steps.is_clean(page)


def test_a_stranger_who_opens_the_window_hears_nothing_and_nothing_can_be_approved(
    new_visit: Callable[..., Visit], app: RegisteredApp, stranger: Site
) -> None:
    visit = new_visit()
    page = visit.open(stranger.origin)
    page.evaluate("url => { globalThis.target = url; }", app.site.answers["/session"]("")["linkUrl"])
    with page.expect_popup() as opening:
        page.click("#open")
    window = opening.value
    expect(window.get_by_role("alert").filter(has_text="nothing can be approved here")).to_be_visible()
    expect(window.locator("#approve")).to_be_hidden()
    assert page.evaluate("heard") == []


def test_forged_messages_are_not_believed(new_visit: Callable[..., Visit], app: RegisteredApp, stranger: Site) -> None:
    """A stranger's frame inside the app's page talks to the page and to Link's frame in Link's words."""
    relay = app.server.origin
    policy = app.site.headers["Content-Security-Policy"].replace(f"frame-src {relay}", f"frame-src {relay} {stranger.origin}")
    app.site.headers["Content-Security-Policy"] = policy
    page, frame = steps.press_connect(new_visit(), app)
    page.evaluate(
        """url => new Promise((loaded) => {
             const frame = Object.assign(document.createElement("iframe"), { src: url, onload: loaded });
             document.body.append(frame);
           })""",
        stranger.origin,
    )
    forger = next(one for one in page.frames if one.url.startswith(stranger.origin))
    forger.evaluate(
        """() => {
             const nonce = "A".repeat(22), linkSessionId = "lks_1", connectionId = "con_1";
             const result = { publicToken: "forged", linkSessionId, connectionId, providers: [], budgetCents: 1, isUpdate: false };
             for (const target of [parent, ...Array.from({ length: parent.length }, (_, i) => parent[i])]) {
               target.postMessage({ type: "1relay.frame.success", nonce, result }, "*");
               target.postMessage({ type: "1relay.frame.exit", nonce, error: null, metadata: { status: "failed", linkSessionId } }, "*");
               target.postMessage({ type: "1relay.app.hello", nonce }, "*");
               target.postMessage({ type: "1relay.app.exit", nonce }, "*");
               target.postMessage({ type: "1relay.window.approved", nonce, result }, "*");
             }
           }"""
    )
    page.wait_for_timeout(500)
    assert {call[0] for call in page.evaluate("calls")} <= {"load", "event"}
    assert {origin for origin, _ in forger.evaluate("heard")} <= {stranger.origin}  # its own, to itself
    expect(frame.get_by_role("button", name="Continue")).to_be_visible()


def test_nothing_is_approved_once_the_apps_page_has_gone(new_visit: Callable[..., Visit], app: RegisteredApp) -> None:
    visit = new_visit()
    page, frame = steps.press_connect(visit, app)
    window = steps.press_continue(page, frame)
    steps.sign_up(window, steps.new_email())
    steps.use_sandbox_key(window)
    expect(window.get_by_role("button", name="Approve")).to_be_enabled()
    # A frame that goes closes its window; here it can't, as when the whole browser tab crashes.
    window.evaluate("window.close = () => undefined")
    session_id = page.evaluate("calls.findLast(([name]) => name === 'event')[2].linkSessionId")
    page.evaluate("document.querySelector('dialog').remove()")
    window.get_by_role("button", name="Approve").click()
    expect(window.get_by_role("alert").filter(has_text="nothing was approved")).to_be_visible()
    assert app.server.call("GET", f"/v1/link/sessions/{session_id}")["status"] != "authorized"
