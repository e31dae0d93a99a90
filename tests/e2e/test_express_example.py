"""The page of examples/express in a real browser: Connect, ask, and its end. Its server's part is in tests/sdks/test_examples.py."""

from __future__ import annotations

import shutil
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from scripts.layout import ROOT
from tests.e2e import link_steps as steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.demo_parties import Person
    from tests.e2e.conftest import Visit

pytestmark = [pytest.mark.e2e, pytest.mark.long]


@pytest.fixture
def example(relay: str, developer: Person) -> Iterator[str]:
    """The address of the example, as its README starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    origin = f"http://localhost:{port}"
    app = developer.call("POST", "/v1/apps", {"name": "Express", "allowedOrigins": [origin]})
    given = {"ONERELAY_CLIENT_ID": app["clientId"], "ONERELAY_CLIENT_SECRET": app["clientSecret"]}
    command = [shutil.which("node") or "node", str(ROOT / "examples/express/server.mjs")]
    environment = {"RELAY_URL": relay, "PORT": str(port), **given}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline().strip() == origin
        yield origin
        server.terminate()


def test_a_newcomer_connects_and_asks(visit: Visit, relay: str, example: str) -> None:
    page = visit.open(example)
    page.get_by_role("button", name="Connect your AI").click()
    window = steps.press_continue(page, page.frame_locator("dialog iframe"))
    steps.sign_up(window, steps.new_email())
    steps.use_sandbox_key(window)
    steps.approve(window)
    page.get_by_role("button", name="Ask").click(timeout=20_000)
    expect(page.locator("#answer")).to_contain_text("Why is the sky blue?", timeout=20_000)
    dashboard = visit.open(f"{relay}/connections")
    dashboard.get_by_role("article").filter(has_text="Express").get_by_role("button", name="Revoke").click()
    dashboard.locator("#confirm-yes").click()
    expect(dashboard.get_by_text("No app is connected")).to_be_visible()
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("button", name="Connect your AI")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("alert")).not_to_be_empty()
    assert all("502" in complaint for complaint in visit.complaints), visit.complaints
    visit.complaints.clear()  # the refusal, which Chromium writes to the console
