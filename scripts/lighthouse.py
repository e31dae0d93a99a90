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

from playwright.sync_api import sync_playwright

from scripts.layout import ROOT
from scripts.shots import FLAGS, register, serving

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
    signed_in: bool = False


PAGES: Final = (
    Page("/", fast=True, found=True),
    Page("/docs", fast=True, found=True),
    Page("/docs/api", found=True),
    Page("/docs/errors", found=True),
    Page("/signup"),
    Page("/signin"),
    Page("/recover"),
    Page("/overview", fast=True, signed_in=True),
    Page("/keys", signed_in=True),
    Page("/connections", signed_in=True),
    Page("/activity", signed_in=True),
    Page("/security", signed_in=True),
    Page("/apps", signed_in=True),
)


def main() -> int:
    """Mark every page."""
    with serving() as (relay, demo):
        cookie, frame = _prepare(relay, demo)
        missed = [page for page in PAGES if not _marked(relay + page.path, page, cookie if page.signed_in else "")]
        link = Page("/link/frame/…", fast=True)
        missed += [] if _marked(frame, link, "") else [link]
    return 1 if missed else 0


def _prepare(relay: str, demo: str) -> tuple[str, str]:
    """Somebody's session cookie, and the address of a Link modal that waits for somebody."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        context = browser.new_context()
        register(context, relay)
        cookie = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in context.cookies(relay))
        chat = context.new_page()
        chat.goto(demo)
        chat.get_by_role("button", name="Connect with 1Relay").click()
        frame = chat.locator("dialog iframe")
        frame.wait_for()
        address = frame.get_attribute("src") or ""
        browser.close()
    return cookie, address


def _marked(url: str, page: Page, cookie: str) -> bool:
    """Whether the page has the marks it must have; prints them."""
    runs = [_run(url, cookie) for _ in range(_RUNS if page.fast else 1)]
    marks = {name: statistics.median([run[name] for run in runs]) for name in _CATEGORIES}
    needed = {"accessibility", "best-practices"} | ({"performance"} if page.fast else set()) | ({"seo"} if page.found else set())
    words = [f"{name} {mark:.0f}{'' if name not in needed or mark >= _NEEDED else ' MISSED'}" for name, mark in marks.items()]
    print(f"{page.path:<16}", ", ".join(words), flush=True)
    return all(marks[name] >= _NEEDED for name in needed)


def _run(url: str, cookie: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        headers = Path(folder) / "headers.json"
        headers.write_text(json.dumps({"Cookie": cookie} if cookie else {}))
        command = [str(ROOT / "node_modules" / ".bin" / "lighthouse"), url, "--quiet", "--output=json", f"--output-path={report}"]
        command += [f"--extra-headers={headers}", f"--chrome-flags={_CHROME_FLAGS}", f"--only-categories={','.join(_CATEGORIES)}"]
        environment = {**os.environ, "CHROME_PATH": shutil.which("chromium") or ""}
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
        found: dict[str, Any] = json.loads(report.read_text())
    kept = ROOT / "build" / "lighthouse"
    kept.mkdir(parents=True, exist_ok=True)
    name = urlsplit(url).path.strip("/").replace("/", "_")[-80:] or "landing"
    (kept / f"{name}.json").write_text(json.dumps(found["audits"], indent=1))
    return {name: 100 * (found["categories"][name]["score"] or 0) for name in _CATEGORIES}


if __name__ == "__main__":
    sys.exit(main())
