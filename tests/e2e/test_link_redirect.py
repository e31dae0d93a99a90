"""The way round for apps whose page keeps the window's handle from Link: redirect mode."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.e2e import link_steps as steps

if TYPE_CHECKING:
    from tests.e2e.conftest import RegisteredApp, Visit

pytestmark = pytest.mark.e2e


@pytest.fixture
def isolated_app(app: RegisteredApp) -> RegisteredApp:
    """An app whose page cuts every opener: `window.open` inside its frames answers null."""
    app.site.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    app.asked |= {"redirectUri": app.site.origin + "/", "state": "s-1"}
    return app


def test_a_window_without_opener_hands_the_token_to_the_redirect_uri(visit: Visit, isolated_app: RegisteredApp) -> None:
    page, frame = steps.press_connect(visit, isolated_app)
    with visit.context.expect_page() as opening:
        frame.get_by_role("button", name="Continue").click()
    window = opening.value
    expect(frame.get_by_role("heading", name="Continue in the window that opened")).to_be_visible()
    steps.sign_up(window, steps.new_email())
    steps.use_sandbox_key(window)
    expect(window.locator("#consent-site")).to_have_text(isolated_app.site.origin.removeprefix("http://"))
    steps.approve(window)
    window.wait_for_url(f"{isolated_app.site.origin}/#*")

    given = parse_qs(urlsplit(window.url).fragment)
    granted = isolated_app.server.exchange(given["publicToken"][0], "visitor-1")
    assert (given["state"], granted["linkSessionId"]) == (["s-1"], given["linkSessionId"][0])
    error, metadata = steps.exit_of(page)
    assert (error, metadata["status"]) == (None, "authorized_elsewhere")


@pytest.mark.long
def test_cancelling_goes_back_to_the_redirect_uri_with_the_error(visit: Visit, isolated_app: RegisteredApp) -> None:
    window = visit.open(isolated_app.site.answers["/session"]("")["linkUrl"])
    steps.sign_up(window, steps.new_email())
    window.get_by_role("button", name="Cancel").click()
    window.wait_for_url(f"{isolated_app.site.origin}/#*")
    given = parse_qs(urlsplit(window.url).fragment)
    assert (given["error"], given["state"]) == (["exited"], ["s-1"])
    assert "publicToken" not in given


@pytest.mark.long
def test_giving_up_a_blocked_window_ends_in_on_exit(visit: Visit, app: RegisteredApp) -> None:
    app.site.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    page, frame = steps.press_connect(visit, app)
    with visit.context.expect_page() as opening:
        frame.get_by_role("button", name="Continue").click()
    window = opening.value
    # No opener and no redirect URI: nobody would get the token.
    expect(window.get_by_role("alert").filter(has_text="nothing can be approved here")).to_be_visible()
    frame.get_by_role("button", name="Cancel").click()
    error, metadata = steps.exit_of(page)
    assert error is not None
    assert (error["code"], metadata["status"]) == ("window_blocked", "window_blocked")
