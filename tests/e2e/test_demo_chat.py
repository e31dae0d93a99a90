"""Three origins in real Chromium, through the demo chat itself: from a key in a browser to a proxied call, and its end."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from playwright.sync_api import Page, expect

from scripts.layout import ROOT
from tests.e2e.conftest import PASSWORD
from tests.e2e.link_steps import new_email

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from scripts.demo_parties import Person
    from tests.e2e.conftest import Visit
    from tests.e2e.link_sites import Site

pytestmark = pytest.mark.e2e

WAIT_MS = 20_000
FULL_BUDGET = "$5.00 of $5.00 left"


@dataclass
class Demo:
    """The demo chat as a process of its own, which can be started again on the same data."""

    origin: str
    data: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Serve, and return when it answers."""
        command = [shutil.which("node") or "node", str(ROOT / "examples/demo-chat/server.mjs")]
        self.process = subprocess.Popen(command, env={**os.environ, **self.environment})
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                requests.get(self.origin, timeout=5)
            except requests.ConnectionError:
                assert self.process.poll() is None, "the demo chat ended"
                time.sleep(0.05)
            else:
                return
        raise AssertionError("the demo chat did not answer")

    def stop(self) -> None:
        """End the process and wait for it."""
        if self.process is not None:
            self.process.terminate()
            assert self.process.wait(10) == 0

    def stored(self) -> dict[str, dict[str, str]]:
        """What it keeps of its visitors."""
        kept: dict[str, dict[str, str]] = json.loads((self.data / "visitors.json").read_text())
        return kept


@pytest.fixture
def demo(relay: str, developer: Person, tmp_path: Path) -> Iterator[Demo]:
    """A registered demo chat on an origin of its own: another host than the relay's, so another site too."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    origin, data = f"http://localhost:{port}", tmp_path / "demo"
    app = developer.call("POST", "/v1/apps", {"name": "Tern", "allowedOrigins": [origin]})
    environment = {
        "RELAY_URL": relay,
        "ONERELAY_CLIENT_ID": app["clientId"],
        "ONERELAY_CLIENT_SECRET": app["clientSecret"],
        "DEMO_PORT": str(port),
        "DEMO_DATA_DIR": str(data),
    }
    running = Demo(origin, data, environment)
    running.start()
    yield running
    running.stop()


def test_from_a_key_in_a_browser_to_a_streamed_answer_and_its_end(
    relay: str, visit: Visit, demo: Demo, stranger: Site, new_visit: Callable[..., Visit]
) -> None:
    dashboard = register(visit, relay)
    add_sandbox_key(dashboard)

    chat = visit.open(demo.origin)
    frame_url = press_connect(chat)
    check_stranger(new_visit(), stranger, frame_url)
    approve(chat, demo.origin)
    expect(budget(chat)).to_have_text(FULL_BUDGET, timeout=WAIT_MS)

    answer = ask(chat, "Hello there!")
    assert "Hello there!" in answer
    assert left(chat) < 5
    check_kept_on_the_server(demo, chat)

    dashboard.goto(f"{relay}/connections")
    card = dashboard.get_by_role("article").filter(has_text="Tern")
    expect(card.locator("meter")).not_to_have_attribute("value", "0")
    expect(card.locator("[data-spent-text]")).not_to_have_text("$0.00")
    card.get_by_role("button", name="Revoke").click()
    dashboard.locator("#confirm-yes").click()
    expect(dashboard.get_by_role("article").filter(has_text="Tern")).to_have_count(0)

    send(chat, "Are you still there?")
    expect(chat.locator("#notice")).to_have_attribute("data-code", "connection_revoked", timeout=WAIT_MS)
    expect(chat.locator("#notice")).to_contain_text("Connect again")
    expect(connect_button(chat)).to_be_visible(timeout=WAIT_MS)
    assert [list(visitor) for visitor in demo.stored().values()] == [["userId"]]


@pytest.mark.long
def test_a_visitor_stays_connected_over_a_restart_and_can_disconnect(relay: str, visit: Visit, demo: Demo) -> None:
    add_sandbox_key(register(visit, relay))
    chat = visit.open(demo.origin)
    press_connect(chat)
    approve(chat, demo.origin)
    expect(budget(chat)).to_have_text(FULL_BUDGET, timeout=WAIT_MS)

    demo.stop()
    demo.start()
    chat.reload()
    assert "Back again" in ask(chat, "Back again")

    chat.get_by_role("button", name="Disconnect").click()
    expect(connect_button(chat)).to_be_visible(timeout=WAIT_MS)
    dashboard = visit.open(f"{relay}/connections")
    expect(dashboard.get_by_text("No app is connected")).to_be_visible()


@pytest.mark.long
def test_a_paused_connection_is_explained_and_goes_on_when_resumed(relay: str, visit: Visit, demo: Demo) -> None:
    dashboard = register(visit, relay)
    add_sandbox_key(dashboard)
    chat = visit.open(demo.origin)
    press_connect(chat)
    approve(chat, demo.origin)
    expect(budget(chat)).to_have_text(FULL_BUDGET, timeout=WAIT_MS)

    dashboard.goto(f"{relay}/connections")
    dashboard.get_by_role("button", name="Pause").click()
    expect(dashboard.get_by_role("button", name="Resume")).to_be_visible()
    send(chat, "Hello?")
    expect(chat.locator("#notice")).to_have_attribute("data-code", "connection_paused", timeout=WAIT_MS)
    expect(chat.locator("#text")).to_have_value("Hello?")

    dashboard.get_by_role("button", name="Resume").click()
    expect(dashboard.get_by_role("button", name="Pause")).to_be_visible()
    chat.get_by_role("button", name="Send").click()
    expect(answers(chat)).to_have_text(re.compile("Hello\\?.*"), timeout=WAIT_MS)
    expect(chat.locator("#notice")).to_be_hidden()


def register(visit: Visit, relay: str) -> Page:
    """The dashboard of somebody who has just made a vault."""
    page = visit.open(f"{relay}/signup")
    page.get_by_label("Email").fill(new_email())
    page.get_by_label("Master password").fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Create vault").click()
    page.get_by_role("button", name="Skip for now").click()
    page.wait_for_url(f"{relay}/overview")
    page.goto(f"{relay}/keys")
    return page


def add_sandbox_key(dashboard: Page) -> None:
    """One click, and the key is in the list."""
    dashboard.get_by_role("button", name="Use a sandbox key").click()
    expect(dashboard.get_by_text("Next: connect an app.")).to_be_visible(timeout=WAIT_MS)


def press_connect(chat: Page) -> str:
    """Opens Link over the demo; the address of its frame."""
    connect_button(chat).click()
    frame = chat.frame_locator("dialog iframe")
    expect(frame.get_by_role("button", name="Continue")).to_be_visible(timeout=WAIT_MS)
    return chat.frames[-1].url


def approve(chat: Page, origin: str) -> None:
    """What a person who is signed in and unlocked does in the first-party window: they see the app's origin, and approve."""
    with chat.expect_popup() as opening:
        chat.frame_locator("dialog iframe").get_by_role("button", name="Continue").click()
    window = opening.value
    expect(window.locator("#consent-site")).to_have_text(origin.removeprefix("http://"), timeout=WAIT_MS)
    window.get_by_role("button", name="Approve").click()


def check_stranger(visit: Visit, stranger: Site, frame_url: str) -> None:
    """Somebody else's page gets no frame of this very session, and hears nothing."""
    page = visit.open(stranger.origin)
    page.evaluate("url => embed(url)", frame_url)
    expect(page.locator("iframe")).to_have_count(1)
    page.wait_for_timeout(500)
    assert page.evaluate("heard") == []
    assert any("frame-ancestors" in complaint for complaint in visit.complaints), visit.complaints


def check_kept_on_the_server(demo: Demo, chat: Page) -> None:
    """The access token is in a file of the demo's user alone, and nothing of it in the page."""
    (visitor,) = demo.stored().values()
    token = visitor["accessToken"]
    assert token.startswith("1r_at_")
    assert stat.S_IMODE((demo.data / "visitors.json").stat().st_mode) == 0o600
    assert token not in chat.content()
    assert token not in chat.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])")
    assert chat.evaluate("document.cookie") == ""


def ask(chat: Page, text: str) -> str:
    """The whole streamed answer."""
    before = answers(chat).count()
    send(chat, text)
    expect(answers(chat)).to_have_count(before + 1, timeout=WAIT_MS)
    expect(chat.get_by_role("button", name="Send")).to_be_visible(timeout=WAIT_MS)
    expect(chat.locator("#notice")).to_be_hidden()
    return answers(chat).last.inner_text()


def send(chat: Page, text: str) -> None:
    """Type and press Enter."""
    chat.get_by_label("Message").fill(text)
    chat.get_by_label("Message").press("Enter")


def answers(chat: Page) -> Locator:
    """The model's side of the conversation."""
    return chat.locator("#messages .assistant")


def budget(chat: Page) -> Locator:
    """What the page says is left."""
    return chat.locator("#budget-text")


def left(chat: Page) -> float:
    """Dollars left, by the text and the meter alike."""
    expect(budget(chat)).not_to_have_text(FULL_BUDGET, timeout=WAIT_MS)
    shown = re.match(r"\$(\d+\.\d+) of", budget(chat).inner_text())
    assert shown is not None
    assert chat.locator("#budget").evaluate("meter => meter.value") == pytest.approx(float(shown[1]), abs=1e-4)
    return float(shown[1])


def connect_button(chat: Page) -> Locator:
    """The way in."""
    return chat.get_by_role("button", name="Connect with 1Relay")
