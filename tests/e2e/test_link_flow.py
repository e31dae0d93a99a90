"""Link from the app's button to its callbacks, in Chromium, with the app on an origin of its own."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from scripts.demo_parties import Chat, Refused
from tests.e2e import link_steps as steps
from tests.proxy.conftest import wait_for

if TYPE_CHECKING:
    from tests.e2e.conftest import RegisteredApp, Visit

pytestmark = pytest.mark.e2e


def test_a_newcomer_connects_and_the_app_chats_until_revoked(visit: Visit, app: RegisteredApp) -> None:
    page, result = steps.connect_newcomer(visit, app, steps.new_email())

    assert result["providers"] == ["sandbox"]
    assert (result["budgetCents"], result["isUpdate"]) == (500, False)
    assert steps.is_clean(page)
    expect(page.locator("#connect")).to_be_focused()
    granted = app.server.exchange(result["publicToken"], "visitor-1")
    assert (granted["connectionId"], granted["budgetCents"]) == (result["connectionId"], 500)

    chat = Chat(app.server.origin, granted["accessToken"])
    assert "".join(chat.stream("Tell me something, please."))
    assert _spent(app, granted["connectionId"]) > 0

    app.server.call("DELETE", f"/v1/connections/{granted['connectionId']}")
    with pytest.raises(Refused) as refused:
        chat.ask("And again?")
    assert refused.value.code == "connection_revoked"


def _spent(app: RegisteredApp, connection_id: str) -> int:
    """What the connection has spent, in micro-dollars, once the call that just ended is settled: calls settle in batches."""
    deadline = time.monotonic() + 5
    spent = 0
    while spent == 0 and time.monotonic() < deadline:
        spent = app.server.connection(connection_id)["spentMicros"]
    return spent


def _status(app: RegisteredApp, session_id: str, awaited: str) -> str:
    """The session's status; the page's last word to the relay may come in after the app was called back."""
    deadline = time.monotonic() + 5
    status = ""
    while status != awaited and time.monotonic() < deadline:
        status = app.server.call("GET", f"/v1/link/sessions/{session_id}")["status"]
    return status


@pytest.mark.long
def test_the_stable_events_reach_app_and_server(visit: Visit, app: RegisteredApp) -> None:
    page, result = steps.connect_newcomer(visit, app, steps.new_email())

    in_order = ["OPEN", "OPEN_WINDOW", "SIGN_UP", "SUBMIT_KEY", "SELECT_PROVIDER", "APPROVE_BUDGET", "HANDOFF"]
    assert [name for name in steps.events_of(page) if name in in_order] == in_order

    def outcome() -> Any:
        return app.server.call("GET", f"/v1/link/sessions/{result['linkSessionId']}")

    assert outcome()["status"] == "authorized"
    # The page has its result before the relay has the last event.
    wait_for(lambda: set(in_order) <= {event["name"] for event in outcome()["events"]}, 10)


def test_a_returning_unlocked_person_needs_two_clicks(visit: Visit, app: RegisteredApp) -> None:
    page, _ = steps.connect_newcomer(visit, app, steps.new_email())

    page, frame = steps.press_connect(visit, app)
    window = steps.press_continue(page, frame)  # the first click
    expect(window.locator("#consent-site")).to_have_text(app.site.origin.removeprefix("http://"))
    steps.approve(window)  # the second
    assert steps.success_of(page)["publicToken"].startswith("1r_pt_")


def test_the_receiving_site_is_shown_larger_than_the_name_the_app_chose(visit: Visit, app: RegisteredApp) -> None:
    page, frame = steps.press_connect(visit, app)
    window = steps.press_continue(page, frame)
    steps.sign_up(window, steps.new_email())
    site, name = window.locator("#consent-site"), window.locator("section[data-view=consent] [data-text=app-name]")
    expect(site).to_be_visible()

    size = "element => parseFloat(getComputedStyle(element).fontSize)"
    assert site.evaluate(size) > name.evaluate(size)
    assert site.inner_text() == app.site.origin.removeprefix("http://")
    expect(window.locator("#budget")).to_have_value("5.00")
    expect(window.locator("#approve")).to_be_disabled()  # no key yet


def test_limits_asked_for_are_shown_and_kept(visit: Visit, app: RegisteredApp) -> None:
    app.asked["limits"] = {"dailyCents": 100, "requestsPerMinute": 30, "models": ["sandbox-small"], "allowUnpriced": True}
    page, frame = steps.press_connect(visit, app)
    window = steps.press_continue(page, frame)
    steps.sign_up(window, steps.new_email())
    steps.use_sandbox_key(window)
    expect(window.locator("#terms")).to_contain_text("At most $1.00")
    expect(window.locator("#terms")).to_contain_text("Only sandbox-small")
    expect(window.locator("#allow-unpriced")).not_to_be_checked()
    window.locator("#budget").fill("2,50")
    steps.approve(window)

    granted = app.server.exchange(steps.success_of(page)["publicToken"], "visitor-1")
    assert granted["budgetCents"] == 250
    assert granted["limits"] == {"dailyCents": 100, "requestsPerMinute": 30, "models": ["sandbox-small"]}


def test_closing_the_window_ends_in_on_exit(visit: Visit, app: RegisteredApp) -> None:
    page, frame = steps.press_connect(visit, app)
    window = steps.press_continue(page, frame)
    expect(window.locator("#email")).to_be_visible()
    steps.await_view(page, "sign_in")
    window.close()

    error, metadata = steps.exit_of(page)
    assert error is None
    assert metadata["status"] == "requires_sign_in"
    assert steps.is_clean(page)
    assert _status(app, metadata["linkSessionId"], awaited="exited") == "exited"


@pytest.mark.long
def test_cancelling_in_the_window_ends_in_on_exit(visit: Visit, app: RegisteredApp) -> None:
    page, frame = steps.press_connect(visit, app)
    window = steps.press_continue(page, frame)
    steps.sign_up(window, steps.new_email())
    steps.cancel(window)

    error, metadata = steps.exit_of(page)
    assert (error, metadata["status"]) == (None, "requires_key")


@pytest.mark.parametrize("way", ["button", "escape", "handler"])
def test_leaving_the_frame_ends_in_on_exit_and_closes_the_window(visit: Visit, app: RegisteredApp, way: str) -> None:
    page, frame = steps.press_connect(visit, app)
    window = steps.press_continue(page, frame)
    expect(window.locator("#email")).to_be_visible()
    steps.await_view(page, "sign_in")
    with window.expect_event("close"):
        if way == "button":
            frame.get_by_role("button", name="Close 1Relay Link").click()
        elif way == "escape":
            frame.locator("body").press("Escape")
        else:
            page.evaluate("link.exit()")

    error, metadata = steps.exit_of(page)
    assert error is None
    assert metadata["status"] == "requires_sign_in"
    assert [call[0] for call in page.evaluate("calls")].count("exit") == 1


@pytest.mark.long
def test_destroy_is_silent_and_may_be_called_twice(visit: Visit, app: RegisteredApp) -> None:
    page, _ = steps.press_connect(visit, app)
    page.evaluate("link.destroy(); link.destroy()")
    assert steps.is_clean(page)
    expect(page.locator("#connect")).to_be_focused()
    page.wait_for_timeout(500)
    assert "exit" not in [call[0] for call in page.evaluate("calls")]


@pytest.mark.long
def test_opening_twice_shows_one_modal(visit: Visit, app: RegisteredApp) -> None:
    page, _ = steps.press_connect(visit, app)
    page.evaluate("link.open(); link.open()")
    page.wait_for_timeout(300)
    assert page.locator("dialog iframe").count() == 1


@pytest.mark.long
def test_a_used_link_says_so_and_ends_in_on_exit(visit: Visit, app: RegisteredApp) -> None:
    page, frame = steps.press_connect(visit, app)
    frame.get_by_role("button", name="Close 1Relay Link").click()
    steps.exit_of(page)
    page.evaluate("calls.length = 0; link.open()")
    expect(frame.get_by_role("alert")).to_contain_text("cancelled")
    frame.get_by_role("button", name="Back to the app").click()

    error, metadata = steps.exit_of(page)
    assert error is not None
    assert (error["code"], metadata["status"]) == ("link_consumed", "failed")
