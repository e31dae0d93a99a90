"""`make shots`: pictures of the whole flow in Chromium, from a relay and a demo app that `scripts.run` serves.

The README's go to docs/pictures, the others to build/shots, to be looked at.
"""

from __future__ import annotations

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
IN_README = frozenset({"link-modal-light", "link-window-light", "connections-light"})
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PASSWORD = "correct horse " + "battery staple"
READY_SECONDS = 300


def main() -> int:
    """Take every picture, in both themes."""
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
        environment = {**os.environ, "PORT": str(port), "RELAY_DATA_DIR": folder}
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
    """Walk through the main job once, as somebody who has never been here, and press the shutter on the way."""
    context = browser.new_context(
        viewport={"width": 1200, "height": 780}, color_scheme="dark" if theme == "dark" else "light", device_scale_factor=2
    )
    shoot(context, relay + "/", f"landing-{theme}")
    keys = register(context, relay)
    keys.get_by_role("button", name="Use a sandbox key").click()
    keys.get_by_text("Next: connect an app.").wait_for()
    picture(keys, f"keys-{theme}")
    chat = context.new_page()
    chat.goto(demo)
    chat.get_by_role("button", name="Connect with 1Relay").click()
    go_on = chat.frame_locator("dialog iframe").get_by_role("button", name="Continue")
    go_on.wait_for()
    chat.wait_for_timeout(400)
    picture(chat, f"link-modal-{theme}")
    with chat.expect_popup() as opening:
        go_on.click()
    window = opening.value
    window.set_viewport_size({"width": 480, "height": 780})
    window.get_by_role("button", name="Approve").wait_for()
    window.wait_for_timeout(3500)
    picture(window, f"link-window-{theme}")
    window.get_by_role("button", name="Approve").click()
    talk(chat)
    picture(chat, f"demo-chat-{theme}")
    shoot(context, f"{relay}/connections", f"connections-{theme}")
    shoot(context, f"{relay}/apps", f"apps-{theme}")
    context.close()


def register(context: BrowserContext, relay: str) -> Page:
    """Somebody new, on the keys page."""
    page = context.new_page()
    page.goto(f"{relay}/signup")
    page.get_by_label("Email").fill(f"ada-{secrets.token_hex(2)}@example.com")
    page.get_by_label("Master password").fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Create vault").click()
    page.wait_for_url(f"{relay}/keys")
    return page


def talk(chat: Page) -> None:
    """Two questions and their whole answers."""
    for number, question in enumerate(["Hello! Who pays for this answer?", "And what does this app see of my key?"], start=1):
        chat.get_by_label("Message").fill(question)
        chat.get_by_label("Message").press("Enter")
        chat.locator("#messages .assistant").nth(number - 1).wait_for()
        chat.get_by_role("button", name="Send").wait_for()


def shoot(context: BrowserContext, url: str, name: str) -> None:
    """A picture of a page by its address."""
    page = context.new_page()
    page.goto(url)
    picture(page, name)
    page.close()


def picture(page: Page, name: str) -> None:
    """Save what is on screen."""
    page.wait_for_timeout(200)
    path = (PICTURES if name in IN_README else OTHERS) / f"{name}.png"
    page.screenshot(path=path, animations="disabled")
    print(path.relative_to(ROOT))


if __name__ == "__main__":
    sys.exit(main())
