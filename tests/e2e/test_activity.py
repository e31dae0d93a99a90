"""A newcomer confirms their address from the mail and reads their activity, in a real browser."""

from __future__ import annotations

import email
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from scripts.demo_relay import own_environment
from scripts.layout import ROOT, VENV_PYTHON
from tests.e2e.page_steps import forgive, sign_up

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Visit

pytestmark = pytest.mark.e2e
_SEND = "import django; django.setup(); from accounts.tasks import send_mail; send_mail()"


@pytest.fixture
def folder(relay: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the relay of these tests keeps its data."""
    logs = [log for log in tmp_path_factory.getbasetemp().glob("relay*/relay.log") if not log.parent.is_symlink()]
    (found,) = [log.parent for log in logs if relay in log.read_text()]
    return found


def mailed_links(folder: Path, relay: str) -> list[str]:
    """The links in the mails that the worker's task sends now, oldest first."""
    port = int(relay.rsplit(":", 1)[1])
    environment = {**own_environment(folder, relay, port), "DJANGO_SETTINGS_MODULE": "relay.settings"}
    subprocess.run([str(VENV_PYTHON), "-c", _SEND], cwd=ROOT, env=environment, check=True)
    found = []
    for path in sorted((folder / "mail").glob("*.log")):
        for raw in path.read_bytes().split(b"-" * 79 + b"\n"):
            parts = email.message_from_bytes(raw).walk()
            texts = [part.get_payload(decode=True) for part in parts if part.get_content_type() == "text/plain"]
            found += [link for text in texts if isinstance(text, bytes) for link in re.findall(r"https?://\S+", text.decode())]
    return found


def test_confirming_the_address_and_reading_what_happened(visit: Visit, relay: str, folder: Path) -> None:
    page = sign_up(visit, relay)
    page.goto(f"{relay}/overview")
    banner = page.get_by_role("note").filter(has_text="Confirm your email address")
    expect(banner).to_be_visible()
    banner.get_by_role("button", name="Send the link again").click()
    expect(page.get_by_text("Sent. The link works for 24 hours")).to_be_visible()
    links = mailed_links(folder, relay)[-2:]
    assert all(link.startswith(f"{relay}/verify-email#") for link in links)

    opened = visit.open(links[-1])
    expect(opened.get_by_role("heading", name="Your address is confirmed")).to_be_visible()
    assert opened.url == f"{relay}/verify-email"
    opened.get_by_role("link", name="Go to your account").click()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(banner).to_have_count(0)

    page.goto(f"{relay}/activity")
    lines = page.get_by_role("listitem").filter(has=page.locator(".activity__what"))
    expect(lines).to_have_count(2)
    expect(lines.nth(0)).to_contain_text("was confirmed")
    expect(lines.nth(1)).to_contain_text("This account was created")
    expect(lines.nth(1)).to_contain_text("Chrome on Linux")
    page.get_by_role("navigation", name="Activity by kind").get_by_role("link", name="Keys").click()
    expect(page.get_by_role("heading", name="Nothing of this kind yet")).to_be_visible()
    for width in (360, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{relay}/activity")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width

    stale = visit.open(f"{relay}/verify-email#{links[-1].rpartition('#')[2][:-2]}")
    expect(stale.get_by_role("heading", name="This link does not work")).to_be_visible()
    forgive(visit, 400)
    token = links[-1].rpartition("#")[2]
    assert token[:40] not in (folder / "relay.log").read_text()
