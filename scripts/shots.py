"""`make shots`: pictures of the whole flow in Chromium, from a relay and a demo app that `scripts.run` serves.

The README's go to docs/pictures, the others to build/shots, to be looked at.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from scripts.layout import ROOT

PICTURES = ROOT / "docs" / "pictures"
OTHERS = ROOT / "build" / "shots"
IN_README = frozenset({"link-modal-light", "link-window-light", "spending-light"})
PUBLIC = {
    "landing": "/",
    "signup": "/signup",
    "signin": "/signin",
    "recover": "/recover",
    "docs": "/docs",
    "docs-api": "/docs/api",
    "not-found": "/nowhere",
}
NEW = {"overview-new": "/overview", "connections-new": "/connections", "activity-new": "/activity", "security": "/security"}
FILLED = {"overview": "/overview", "connections": "/connections", "activity": "/activity", "export": "/export", "styleguide": "/styleguide"}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PASSWORD = "correct horse " + "battery staple"
READY_SECONDS = 300


def main() -> int:
    """Take every picture, in both themes."""
    argparse.ArgumentParser(prog="python -m scripts.shots", description=__doc__).parse_args()
    PICTURES.mkdir(exist_ok=True)
    OTHERS.mkdir(parents=True, exist_ok=True)
    with serving() as (relay, demo), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for theme in ("light", "dark"):
            take(browser, theme, relay, demo)
        browser.close()
    return 0


@contextmanager
def serving() -> Iterator[tuple[str, str]]:
    """The origins of a fresh relay and its demo app, as `make run` serves them."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PORT": str(port), "RELAY_DATA_DIR": folder, "RELAY_DEBUG": "1"}
        log = Path(folder) / "run.log"
        with log.open("wb") as output:
            process = subprocess.Popen([sys.executable, "-m", "scripts.run"], cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            deadline = time.monotonic() + READY_SECONDS
            while "Three steps" not in log.read_text():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(log.read_text())
                time.sleep(0.2)
            yield f"http://localhost:{port}", f"http://127.0.0.1:{port + 1}"
        finally:
            process.terminate()
            process.wait(30)


def take(browser: Browser, theme: str, relay: str, demo: str) -> None:
    """Walk through everything once, as somebody who has never been here, and press the shutter on the way."""
    context = browser.new_context(
        viewport={"width": 1200, "height": 780},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
        device_scale_factor=2,
    )
    for name, path in PUBLIC.items():
        shoot(context, relay + path, f"{name}-{theme}")
    keys = register(context, relay)
    shoot_all(context, relay, NEW, theme)
    keys.goto(f"{relay}/keys")
    picture(keys, f"keys-empty-{theme}")
    keys.get_by_role("button", name="Use a sandbox key").first.click()
    keys.get_by_text("Sandbox key added").wait_for()
    picture(keys, f"keys-{theme}")
    connect(context, demo, theme)
    fill_a_month(keys, relay)
    picture(keys, f"spending-{theme}")
    shoot_all(context, relay, FILLED, theme)
    _one_connection(context, relay, theme)
    _developer(context, relay, theme)
    context.close()


def connect(context: BrowserContext, demo: str, theme: str = "") -> None:
    """The demo app's way through Link, and a talk; with pictures where a theme is named."""
    chat = context.new_page()
    chat.goto(demo)
    chat.get_by_role("button", name="Connect with 1Relay").click()
    go_on = chat.frame_locator("dialog iframe").get_by_role("button", name="Continue")
    go_on.wait_for()
    chat.wait_for_timeout(400)
    _picture_of(chat, "link-modal", theme)
    with chat.expect_popup() as opening:
        go_on.click()
    window = opening.value
    window.set_viewport_size({"width": 480, "height": 780})
    approve = window.get_by_role("button", name="Approve")
    approve.wait_for()
    window.wait_for_timeout(3500)
    _picture_of(window, "link-window", theme)
    approve.click()
    talk(chat)
    _picture_of(chat, "demo-chat", theme)
    chat.close()


def fill_a_month(page: Page, relay: str) -> None:
    """A month of calls, and the overview of them on screen."""
    page.goto(f"{relay}/overview")
    page.get_by_role("button", name="Fill with a month of sandbox calls").click()
    page.get_by_text("sandbox calls were made").wait_for()
    page.goto(f"{relay}/overview")
    page.get_by_role("heading", name="Spend by day").wait_for()
    page.mouse.wheel(0, 500)  # past what needs attention


def _one_connection(context: BrowserContext, relay: str, theme: str) -> None:
    page = context.new_page()
    page.goto(f"{relay}/connections")
    page.locator("a[href^='/connections/con_']").first.click()
    page.wait_for_url("**/connections/con_*")
    picture(page, f"connection-{theme}", whole=True)
    page.close()


def _developer(context: BrowserContext, relay: str, theme: str) -> None:
    """An app from its registration to its request log."""
    page = context.new_page()
    page.goto(f"{relay}/apps")
    picture(page, f"apps-empty-{theme}")
    base = make_app(page, relay, theme)
    for tab in ("", "/quickstart", "/connections", "/usage", "/requests", "/webhooks", "/settings"):
        page.goto(base + tab)
        picture(page, f"app{tab.replace('/', '-') or '-overview'}-{theme}", whole=True)
    page.close()


def make_app(page: Page, relay: str, theme: str = "") -> str:
    """Registers an app as its developer does; the address of its pages."""
    page.goto(f"{relay}/apps")
    page.get_by_role("button", name="Register an app").first.click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name").fill("Draftsmith")
    form.get_by_label("Allowed origins").fill("https://draftsmith.example")
    _picture_of(page, "apps-register", theme)
    form.get_by_role("button", name="Register", exact=True).click()
    page.get_by_role("dialog", name="Save the client secret").wait_for()
    _picture_of(page, "apps-secret", theme)
    page.get_by_role("button", name="I have saved it").click()
    page.wait_for_url("**/apps/app_*/quickstart")
    return "/".join(page.url.split("/")[:5])


def _picture_of(page: Page, name: str, theme: str) -> None:
    if theme:
        picture(page, f"{name}-{theme}")


def shoot_all(context: BrowserContext, relay: str, pages: dict[str, str], theme: str) -> None:
    """Each page as wide as a desk's, and as a phone's."""
    for name, path in pages.items():
        shoot(context, relay + path, f"{name}-{theme}")
        shoot(context, relay + path, f"{name}-phone-{theme}", width=390)


def register(context: BrowserContext, relay: str) -> Page:
    """Somebody new, on the overview."""
    page = context.new_page()
    page.goto(f"{relay}/signup")
    page.get_by_label("Email").fill(f"ada-{secrets.token_hex(2)}@example.com")
    page.get_by_label("Master password").fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Create vault").click()
    page.get_by_role("button", name="Skip for now").click()
    page.wait_for_url(f"{relay}/overview")
    return page


def talk(chat: Page) -> None:
    """Two questions and their whole answers."""
    for number, question in enumerate(["Hello! Who pays for this answer?", "And what does this app see of my key?"], start=1):
        chat.get_by_label("Message").fill(question)
        chat.get_by_label("Message").press("Enter")
        chat.locator("#messages .assistant").nth(number - 1).wait_for()
        chat.get_by_role("button", name="Send").wait_for()


def shoot(context: BrowserContext, url: str, name: str, width: int = 1200) -> None:
    """A picture of a page by its address."""
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 780})
    page.goto(url)
    picture(page, name, whole=True)
    page.close()


def picture(page: Page, name: str, *, whole: bool = False) -> None:
    """Save what is on screen, or all of the page."""
    page.wait_for_load_state("load")
    for chart in page.locator("usage-chart").all() if whole else []:
        chart.scroll_into_view_if_needed()  # they draw when they are seen
    if whole:
        page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(700)  # not until the network is idle: Link polls
    in_readme = name in IN_README
    path = (PICTURES if in_readme else OTHERS) / f"{name}.png"
    page.screenshot(path=path, animations="disabled", full_page=whole and not in_readme)
    print(path.relative_to(ROOT))


if __name__ == "__main__":
    sys.exit(main())
