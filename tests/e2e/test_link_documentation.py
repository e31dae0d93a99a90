"""The code that developers copy runs as it is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from scripts.layout import ROOT
from tests.e2e import link_steps as steps

if TYPE_CHECKING:
    from tests.e2e.conftest import RegisteredApp, Visit

pytestmark = pytest.mark.e2e

IMPORT_MAP = '<script type="importmap">{"imports": {"@1relay/link-sdk": "/link-sdk.js"}}</script>'


def test_the_readmes_code_connects_and_sends_the_public_token_to_the_apps_server(visit: Visit, app: RegisteredApp) -> None:
    """The same code as on the original documentation page; only the token's variable and the relay's address are filled in."""
    readme = (ROOT / "clients/link-sdk/README.md").read_text()
    found = re.search(r"```js[^\n]*\n(.*?)```", readme, re.DOTALL)
    assert found is not None
    token = app.site.answers["/session"]("")["token"]
    code = found[1].replace("https://relay.example", app.server.origin)
    app.site.pages["/readme.js"] = ("text/javascript", f"const linkToken = '{token}';\n".encode() + code.encode())
    html = (
        f'<!doctype html><title>-</title><link rel="icon" href="data:,">{IMPORT_MAP}<script type="module" src="/readme.js"></script><body>'
    )
    app.site.pages["/readme"] = ("text/html", html.encode())
    app.site.headers.clear()
    app.site.answers["/api/1relay/exchange"] = lambda _query: {"connected": True}

    page = visit.open(f"{app.site.origin}/readme")
    frame = page.frame_locator("dialog iframe")
    expect(frame.get_by_role("button", name="Continue")).to_be_visible()
    window = steps.press_continue(page, frame)
    steps.sign_up(window, steps.new_email())
    steps.use_sandbox_key(window)
    with page.expect_response("**/api/1relay/exchange"):
        steps.approve(window)

    granted = app.server.exchange(app.site.posted["/api/1relay/exchange"]["publicToken"], "visitor-1")
    assert granted["accessToken"].startswith("1r_at_")
