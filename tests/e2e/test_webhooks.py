"""A developer sets webhooks up on their page, watches a test arrive, an endpoint fail and stop, and enables it again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from standardwebhooks.webhooks import Webhook

from scripts.demo_parties import Person
from scripts.demo_relay import running_relay
from scripts.layout import ROOT
from tests.e2e.conftest import Visit
from tests.e2e.core_pages import PASSWORD
from tests.e2e.page_sweep import too_wide, violations
from tests.webhooks.receiver import OK, receiver

pytestmark = pytest.mark.e2e
SHOTS = os.environ.get("WEBHOOK_SHOTS", "")


@contextmanager
def worker(folder: Path, origin: str) -> Iterator[None]:
    """Celery as `make run` starts it, on a relay's folder."""
    environment = {**os.environ, "RELAY_DATA_DIR": str(folder), "RELAY_ORIGINS": origin, "DATABASE_URL": "", "REDIS_URL": ""}
    environment = {name: value for name, value in environment.items() if value}
    command = "-m celery -A relay.celery worker --beat --pool solo --without-gossip --without-mingle --schedule"
    with (folder / "worker.log").open("wb") as log:
        started = subprocess.Popen(
            [sys.executable, *command.split(), str(folder / "beat")], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        yield
    finally:
        started.send_signal(signal.SIGTERM)
        started.wait(30)


def shoot(page: Page, name: str) -> None:
    """Nothing axe objects to, nothing too wide, in both themes and on a telephone; a picture of each for whoever asks."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for width in (1100, 360):
            page.set_viewport_size({"width": width, "height": 900})
            assert not too_wide(page)
            assert violations(page) == []
            if SHOTS:
                page.screenshot(path=f"{SHOTS}/{name}-{theme}-{width}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1100, "height": 900})


@pytest.mark.long
def test_from_an_address_to_a_replay(built: None, new_visit: Callable[..., Visit], tmp_path: Path) -> None:
    visit = new_visit()
    with running_relay(tmp_path) as origin, receiver() as hook, worker(tmp_path, origin):
        bob = Person(origin, "bob@example.com", PASSWORD)
        bob.register()
        app = bob.call("POST", "/v1/apps", {"name": "Quill", "allowedOrigins": ["https://quill.example"]})
        page = visit.open(f"{origin}/signin?next=/apps/{app['id']}/webhooks")
        page.get_by_label("Email").fill(bob.email)
        page.get_by_label("Master password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("No events yet")).to_be_visible()
        shoot(page, "empty")

        page.get_by_label("URL").fill("http://evil.example/")
        page.get_by_role("button", name="Save").click()
        expect(page.locator("#webhook-url-error")).to_contain_text("https")
        visit.complaints.clear()
        page.get_by_label("URL").fill(hook.url)
        page.get_by_label("URL").press("Enter")
        expect(page.get_by_text("Saved", exact=True)).to_be_visible()
        page.get_by_role("button", name="Make a signing secret").click()
        dialog = page.get_by_role("dialog", name="Save the signing secret")
        secret = dialog.locator("#secret-value").inner_text()
        dialog.get_by_role("button", name="I have saved it").click()
        expect(page.get_by_text("Ready", exact=True)).to_be_visible()
        assert secret not in page.content()

        page.get_by_role("button", name="Send a test event").click()
        row = page.locator("details.webhook").first
        expect(row).to_have_attribute("data-status", "delivered", timeout=40_000)
        expect(row.get_by_text("taken")).to_be_visible()
        Webhook(secret).verify(hook.got[0].raw, hook.got[0].headers)
        shoot(page, "delivered")

        hook.answer = lambda got: (500, {}, b"<h1>It broke</h1>")
        row.get_by_role("button", name="Send it again").press("Enter")
        expect(page.locator("details.webhook").first).to_have_attribute("data-attempts", "2", timeout=40_000)
        expect(page.get_by_text("It has failed since")).to_be_visible()
        expect(page.get_by_text("<h1>It broke</h1>")).to_be_visible()
        page.get_by_role("button", name="Send a test event").click()
        expect(page.locator("details.webhook[data-status=pending]").get_by_text("It answered 500.").first).to_be_visible(timeout=40_000)
        shoot(page, "failing")

        hook.answer = lambda got: (410, {}, b"")
        page.get_by_role("button", name="Send a test event").click()
        expect(page.get_by_text("The endpoint answered 410 Gone")).to_be_visible(timeout=40_000)
        shoot(page, "stopped")
        hook.answer = lambda got: OK
        page.get_by_role("button", name="Enable again").click()
        expect(page.get_by_text("Ready", exact=True)).to_be_visible()
        page.get_by_role("button", name="Rotate the secret").click()
        page.get_by_role("dialog", name="Rotate the signing secret").get_by_role("button", name="Rotate").click()
        assert page.locator("#secret-value").inner_text() != secret
        page.get_by_role("button", name="I have saved it").click()
        expect(page.get_by_text("The previous one signs along until")).to_be_visible()
        log = (tmp_path / "worker.log").read_text() + (tmp_path / "relay.log").read_text()
        assert secret not in log
    assert visit.complaints == []
