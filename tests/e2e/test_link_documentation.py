"""The code that developers copy runs as it is written, with the package as npm installs it."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from scripts.layout import ROOT
from tests.e2e import link_steps as steps

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import RegisteredApp, Visit

pytestmark = pytest.mark.e2e

IMPORT_MAP = '<script type="importmap">{"imports": {"@1relay/link-sdk": "/link-sdk.js"}}</script>'
# As it stands on the original documentation's page, which shows no indentation; only the host is another.
ORIGINAL = """import { OneRelay } from '@1relay/link-sdk';
const handler = OneRelay.create({
token: linkToken, // from your server
apiBaseUrl: 'https://relay.example',
onSuccess: ({ publicToken }) => {
// Send publicToken to your server to exchange
fetch('/api/1relay/exchange', {
method: 'POST',
headers: { 'Content-Type': 'application/json' },
body: JSON.stringify({ publicToken }),
});
},
onExit: (error) => {
if (error) console.error('1Relay Link error:', error);
},
});
handler.open();
"""


@pytest.fixture
def installed(built: None, tmp_path: Path) -> Path:
    """The package's folder in an empty project that has installed what `npm pack` made, without any registry."""
    pack = ["npm", "pack", "--json", "--pack-destination", str(tmp_path)]
    packed = subprocess.run(pack, cwd=ROOT / "clients/link-sdk", check=True, capture_output=True, text=True).stdout
    (tmp_path / "package.json").write_text('{"name": "empty", "private": true}')
    subprocess.run(["npm", "install", "--offline", "--silent", json.loads(packed)[0]["filename"]], cwd=tmp_path, check=True)
    return tmp_path / "node_modules" / "@1relay" / "link-sdk"


def test_the_readmes_code_connects_and_sends_the_public_token_to_the_apps_server(visit: Visit, app: RegisteredApp, installed: Path) -> None:
    """The original documentation's snippet, word for word; only the token's variable and the relay's address are filled in."""
    found = re.search(r"```js[^\n]*\n(import.*?)```", (installed / "README.md").read_text(), re.DOTALL)
    assert found is not None
    assert [line.strip() for line in found[1].splitlines() if line.strip()] == ORIGINAL.splitlines()
    module = json.loads((installed / "package.json").read_text())["exports"]["."]["import"]["default"]
    app.site.pages["/link-sdk.js"] = ("text/javascript", (installed / module).read_bytes())
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
