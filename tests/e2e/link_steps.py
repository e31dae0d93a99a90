"""What a person does in Link, step by step, in a real browser."""

from __future__ import annotations

import contextlib
import secrets
import time
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Error, Page, expect

from tests.e2e.conftest import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import FrameLocator

    from tests.e2e.conftest import RegisteredApp, Visit


def press_connect(visit: Visit, app: RegisteredApp, query: str = "") -> tuple[Page, FrameLocator]:
    """The app's page with Link open over it, and the frame; on screen is what the app asks for."""
    page = visit.open(f"{app.site.origin}/{query}")
    page.click("#connect")
    frame = page.frame_locator("dialog iframe")
    expect(frame.get_by_role("button", name="Continue")).to_be_visible()
    return page, frame


def press_continue(page: Page, frame: FrameLocator) -> Page:
    """The first-party window that the frame opens."""
    with page.expect_popup() as opening:
        frame.get_by_role("button", name="Continue").click()
    return opening.value


def new_email() -> str:
    """An address nobody has used."""
    return f"person-{secrets.token_hex(6)}@example.com"


def sign_up(window: Page, email: str) -> None:
    """Make a vault in the window."""
    window.get_by_role("button", name="Create a vault").click()
    window.fill("#email", email)
    window.fill("#password", PASSWORD)
    window.fill("#password-again", PASSWORD)
    window.get_by_role("button", name="Create vault").click()


def use_sandbox_key(window: Page) -> None:
    """The one click that puts a sandbox key into the vault."""
    window.get_by_role("button", name="Use a sandbox key").click()
    expect(window.get_by_role("checkbox", name="Sandbox")).to_be_checked()


def approve(window: Page) -> None:
    """Press Approve, as soon as it may be pressed."""
    window.get_by_role("button", name="Approve").click()


def connect_newcomer(visit: Visit, app: RegisteredApp, email: str) -> tuple[Page, dict[str, Any]]:
    """From the app's Connect button to its onSuccess, for somebody who has never been here; answers page and result."""
    page, frame = press_connect(visit, app)
    window = press_continue(page, frame)
    sign_up(window, email)
    use_sandbox_key(window)
    approve(window)
    return page, success_of(page)


def success_of(page: Page) -> dict[str, Any]:
    """What onSuccess was called with, once it has been called."""
    result: dict[str, Any] = _call(page, "success")[1]
    return result


def exit_of(page: Page) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """What onExit was called with, once it has been called."""
    _, error, metadata = _call(page, "exit")
    return error, metadata


def _call(page: Page, name: str) -> list[Any]:
    """The page's policy forbids Playwright's own waiting, which evaluates text inside the page."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        call: list[Any] | None = page.evaluate("name => calls.find((call) => call[0] === name)", name)
        if call is not None:
            return call
        page.wait_for_timeout(50)
    raise AssertionError(f"{name} was not called back; {page.evaluate('calls')}")


def events_of(page: Page) -> list[str]:
    """The names onEvent was called with, in order."""
    names: list[str] = page.evaluate("calls.filter(([name]) => name === 'event').map((call) => call[1])")
    return names


def await_view(page: Page, view: str) -> None:
    """Until the app's page has heard that this view is shown."""
    deadline = time.monotonic() + 15
    while not page.evaluate("view => calls.some((call) => call[0] === 'event' && call[2]?.view === view)", view):
        assert time.monotonic() < deadline, page.evaluate("calls")
        page.wait_for_timeout(50)


def is_clean(page: Page) -> bool:
    """Whether Link has left nothing behind in the app's page."""
    clean: bool = page.evaluate("!document.querySelector('dialog, iframe') && !document.documentElement.style.overflow")
    return clean


def cancel(window: Page) -> None:
    """Press Cancel, and wait for the window to close: it may be gone before the click is through."""
    with window.expect_event("close"), contextlib.suppress(Error):
        window.get_by_role("button", name="Cancel").click()
