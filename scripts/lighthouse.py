"""`make lighthouse`: Google's marks of every page, in Chromium, from a relay that `scripts.run` serves.

Accessibility and best practices must be 95 everywhere, SEO where search engines come (landing, docs), performance (the median of
three) on the pages people wait for: landing, docs, dashboard, Link. Prints a table; exit status 1 where a mark is missed.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Page as Tab
from playwright.sync_api import sync_playwright

from relay.docs.navigation import GROUPS
from scripts.layout import ROOT
from scripts.shots import FLAGS, connect, fill_a_month, make_app, register, serving

_NEEDED: Final = 95
_RUNS: Final = 3
_CHROME_FLAGS: Final = "--headless=new --no-sandbox --disable-gpu --disable-quic"
_CATEGORIES: Final = ("performance", "accessibility", "best-practices", "seo")


@dataclass(frozen=True)
class Page:
    """An address, and which marks it must have besides accessibility and best practices."""

    path: str
    fast: bool = False
    found: bool = False
    """Whether search engines are to find it."""


LANDING: Final = Page("/", fast=True, found=True)
DOCS: Final = (Page("/docs", fast=True, found=True), *(Page(page.address, found=True) for group in GROUPS for page in group.pages))
PUBLIC: Final = (LANDING, *DOCS, Page("/signup"), Page("/signin"), Page("/recover"))
OWN: Final = ("/keys", "/connections", "/activity", "/security", "/export", "/apps")
APP_TABS: Final = ("", "/quickstart", "/connections", "/usage", "/requests", "/webhooks", "/settings")


@dataclass(frozen=True)
class Visit:
    """Somebody's session, and what they can look at."""

    cookie: str
    own: tuple[Page, ...]
    link: tuple[Page, ...]


def main() -> int:
    """Mark every page."""
    with serving() as (relay, demo):
        visit = _prepare(relay, demo)
        missed = [page for page in (*PUBLIC, *visit.link) if not _marked(relay, page, "")]
        missed += [page for page in visit.own if not _marked(relay, page, visit.cookie)]
    print("missed:", ", ".join(page.path.partition("#")[0] for page in missed) or "none")
    return 1 if missed else 0


def _prepare(relay: str, demo: str) -> Visit:
    """Somebody with a key, an app they use for a month, and an app they made; Link's two pages wait for somebody."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        context = browser.new_context()
        page = register(context, relay)
        cookie = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in context.cookies(relay))
        page.goto(f"{relay}/keys")
        page.get_by_role("button", name="Use a sandbox key").first.click()
        page.get_by_text("Sandbox key added").wait_for()
        connect(context, demo)
        fill_a_month(page, relay)
        page.goto(f"{relay}/connections")
        connection = page.locator("a[href^='/connections/con_']").first.get_attribute("href") or ""
        app = urlsplit(make_app(page, relay)).path
        frame = urlsplit(_waiting(browser.new_context().new_page(), demo))
        browser.close()
    modal, window = (f"{path}#{frame.fragment}" for path in (frame.path, frame.path.replace("/frame", "")))
    own = (Page("/overview", fast=True), *(Page(path) for path in OWN), Page(connection), *(Page(app + tab) for tab in APP_TABS))
    return Visit(cookie, own, (Page(modal, fast=True), Page(window, fast=True)))


def _waiting(chat: Tab, demo: str) -> str:
    """The address of a Link modal that waits for somebody."""
    chat.goto(demo)
    chat.get_by_role("button", name="Connect with 1Relay").click()
    frame = chat.locator("dialog iframe")
    frame.wait_for()
    return frame.get_attribute("src") or ""


def _marked(relay: str, page: Page, cookie: str) -> bool:
    """Whether the page has the marks it must have; prints them."""
    runs = [_run(relay + page.path, cookie) for _ in range(_RUNS if page.fast else 1)]
    marks = {name: statistics.median([run[name] for run in runs]) for name in _CATEGORIES}
    needed = {"accessibility", "best-practices"} | ({"performance"} if page.fast else set()) | ({"seo"} if page.found else set())
    words = [f"{name} {mark:.0f}{'' if name not in needed or mark >= _NEEDED else ' MISSED'}" for name, mark in marks.items()]
    print(f"{page.path.partition('#')[0][:28]:<28}", ", ".join(words), flush=True)
    return all(marks[name] >= _NEEDED for name in needed)


def _run(url: str, cookie: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        headers = Path(folder) / "headers.json"
        headers.write_text(json.dumps({"Cookie": cookie} if cookie else {}))
        command = [str(ROOT / "node_modules" / ".bin" / "lighthouse"), url, "--quiet", "--output=json", f"--output-path={report}"]
        command += [f"--extra-headers={headers}", f"--chrome-flags={_CHROME_FLAGS}", f"--only-categories={','.join(_CATEGORIES)}"]
        environment = {**os.environ, "CHROME_PATH": shutil.which("chromium") or ""}
        # On a busy machine Chromium loses a trace now and then, and Lighthouse asks to be run again.
        for attempt in range(_RUNS):
            if subprocess.run(command, check=attempt == _RUNS - 1, env=environment, stdout=subprocess.DEVNULL).returncode == 0:
                break
        found: dict[str, Any] = json.loads(report.read_text())
    kept = ROOT / "build" / "lighthouse"
    kept.mkdir(parents=True, exist_ok=True)
    name = urlsplit(url).path.strip("/").replace("/", "_")[-80:] or "landing"
    (kept / f"{name}.json").write_text(json.dumps(found["audits"], indent=1))
    return {name: 100 * (found["categories"][name]["score"] or 0) for name in _CATEGORIES}


if __name__ == "__main__":
    sys.exit(main())
