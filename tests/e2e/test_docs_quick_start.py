"""The quick start, followed to the letter in a real browser; and the browser's code of the README."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import requests
from playwright.sync_api import expect

from scripts.layout import ROOT
from tests.docs.blocks import blocks, to_run
from tests.e2e import link_steps as steps

if TYPE_CHECKING:
    from scripts.demo_parties import Person
    from tests.e2e.conftest import RegisteredApp, Visit

pytestmark = pytest.mark.e2e

QUICK_START = "docs/site/quick-start.md"
IMPORT_MAP = '<script type="importmap">{"imports": {"@1relay/link-sdk": "/link-sdk.js"}}</script>'


@contextmanager
def app_of_the_quick_start(relay: str, developer: Person) -> Iterator[str]:
    """The page's files as it names them, started by the page's own command with credentials filled in; yields its origin."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        origin = f"http://localhost:{free.getsockname()[1]}"
    made = developer.call("POST", "/v1/apps", {"name": "Quill", "allowedOrigins": [origin]})
    folder = ROOT / "build" / f"quick-start-{os.getpid()}"  # below the packages' folder, where Node looks for them
    folder.mkdir(parents=True)
    own = [block for block in blocks() if block.source == QUICK_START]
    for block in own:
        if block.fence.file:
            (folder / block.fence.file).write_text(block.code.replace("https://relay.example", relay))
    (command,) = [block.code for block in own if block.fence.run_by == "tests/e2e/test_docs_quick_start.py"]
    command = command.replace("1r_cid_…", made["clientId"]).replace("1r_cs_…", made["clientSecret"])
    environment = {"PATH": os.environ["PATH"], "PORT": origin.rpartition(":")[2]}
    process = subprocess.Popen(["bash", "-c", "exec env " + command], cwd=folder, env=environment)
    try:
        _await(origin)
        yield origin
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder)


def _await(origin: str) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            requests.get(origin, timeout=5)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the quick start's server did not come up")


def test_the_quick_start_leads_to_a_first_call(relay: str, developer: Person, visit: Visit) -> None:
    with app_of_the_quick_start(relay, developer) as origin:
        page = visit.open(origin)
        page.get_by_role("button", name="Connect your AI").click()
        frame = page.frame_locator("dialog iframe")
        expect(frame.get_by_role("button", name="Continue")).to_be_visible()
        window = steps.press_continue(page, frame)
        steps.sign_up(window, steps.new_email())
        steps.use_sandbox_key(window)
        steps.approve(window)
        page.get_by_role("button", name="Send").click()
        expect(page.locator("#answer")).to_have_text(re.compile(r"\w{3,}"))
    # The page asks for an icon that a five-minute app has not got; its answer is the page itself.
    assert visit.complaints == []


def test_the_readmes_browser_code_opens_link(visit: Visit, app: RegisteredApp) -> None:
    (block,) = to_run("js", in_browser=True)
    assert block.source == "README.md"
    token = app.site.answers["/session"]("")["token"]
    given = f"const linkToken = '{token}';\nconst sendToYourServer = (publicToken) => {{ window.sent = publicToken; }};\n"
    code = block.code.replace("http://localhost:8000", app.server.origin)
    app.site.pages["/readme.js"] = ("text/javascript", given.encode() + code.encode())
    html = f'<!doctype html><title>-</title><link rel="icon" href="data:,">{IMPORT_MAP}<script type="module" src="/readme.js"></script>'
    app.site.pages["/readme"] = ("text/html", html.encode())
    app.site.headers.clear()
    page = visit.open(f"{app.site.origin}/readme")
    expect(page.frame_locator("dialog iframe").get_by_role("button", name="Continue")).to_be_visible()
