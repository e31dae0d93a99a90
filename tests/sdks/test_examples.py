"""Every example, run as its README says, against a relay: from an app's credentials to an answer, without a browser."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from linkflow.services import connections
from relay.providers.sandbox_outcomes import outcomes
from scripts.layout import ROOT
from tests.docs.blocks import blocks
from tests.factories import make_app, make_person
from tests.proxy.conftest import wait_for
from tests.sdks.node_app import NodeApp, node
from tests.sdks.world import World
from webhooks.services import endpoints
from webhooks.services.delivery import deliver_due

pytestmark = pytest.mark.sdks
EXAMPLES = ROOT / "examples"
PAGE = "docs/site/sandbox.md"
SAID = "Why is the sky blue?"


def environment(world: World, **more: str) -> dict[str, str]:
    """What a README has its reader export."""
    product = make_app(make_person().user)
    credentials = {"ONERELAY_CLIENT_ID": product.app.client_id, "ONERELAY_CLIENT_SECRET": product.secret}
    return {"RELAY_URL": world.origin, **credentials, **more}


def run(command: list[str], given: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A command in the repository's root."""
    kept = {"PATH": os.environ["PATH"], **given}
    return subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, text=True, timeout=60, check=False)


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@pytest.fixture
def express(tmp_path: Path) -> Path:
    """The Express example in a folder of its own, with the SDKs as npm packs them."""
    folder = tmp_path / "express"
    shutil.copytree(EXAMPLES / "express", folder, ignore=shutil.ignore_patterns("node_modules"))
    installed = folder / "node_modules"
    (installed / "@1relay").mkdir(parents=True)
    sdks = ("--workspace=@1relay/link-sdk", "--workspace=@1relay/node-sdk")
    pack = ["npm", "pack", "--json", "--ignore-scripts", f"--pack-destination={tmp_path}", *sdks]
    for packed in json.loads(subprocess.run(pack, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60).stdout):
        shutil.unpack_archive(tmp_path / packed["filename"], installed, filter="data")
        (installed / "package").rename(installed / packed["name"])
    (installed / "express").symlink_to(ROOT / "node_modules" / "express")
    return folder


def test_curl(world: World) -> None:
    done = run(["sh", "examples/curl/ask.sh"], environment(world))
    assert done.returncode == 0, done.stdout + done.stderr
    assert SAID in json.loads(done.stdout)["data"]["choices"][0]["message"]["content"]
    failed = run(["sh", "examples/curl/ask.sh"], environment(world, OUTCOME="quota"))
    assert failed.returncode != 0
    assert "insufficient_quota" in failed.stdout


def test_node(world: World) -> None:
    with node(EXAMPLES / "node" / "server.mjs", **environment(world, PORT="0")) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address, process.communicate()
        answer = requests.post(address, data=SAID, timeout=20)
        assert answer.status_code == 200
        assert SAID in answer.json()["text"]
        assert answer.json()["costMicros"] > 0


def test_express(world: World, express: Path) -> None:
    """Its server's part. tests/e2e/test_express_example.py is the page's."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    product = make_app(make_person().user, webhook_url=f"{address}/webhooks/1relay")
    app, now = NodeApp(world.origin, product=product), datetime.now(UTC)
    secret = endpoints.rotate_secret(product.app, immediately=False, now=now).secret
    credentials = {"ONERELAY_CLIENT_ID": product.app.client_id, "ONERELAY_CLIENT_SECRET": product.secret}
    given = {"RELAY_URL": world.origin, "PORT": str(port), "ONERELAY_WEBHOOK_SECRET": secret, **credentials}
    with node(express / "server.mjs", **given) as process, requests.Session() as page:
        assert process.stdout is not None
        assert process.stdout.readline(), process.communicate()
        sdk = page.get(f"{address}/link-sdk/index.js", timeout=20)
        assert sdk.content == (express / "node_modules/@1relay/link-sdk/dist/index.js").read_bytes()
        assert f"frame-src {world.origin};" in page.get(address, timeout=20).headers["content-security-policy"]
        assert page.get(f"{address}/api/state", timeout=20).json() == {"relayUrl": world.origin, "connected": False}

        for_page, for_stranger = (
            {"publicToken": app.approved(page.post(f"{address}/api/1relay/session", json={}, timeout=20).json()["linkToken"])}
            for _ in range(2)
        )
        assert requests.post(f"{address}/api/1relay/exchange", json=for_stranger, timeout=20).status_code == 502
        exchanged = page.post(f"{address}/api/1relay/exchange", json=for_page, timeout=20)
        assert (exchanged.status_code, exchanged.json()) == (200, {"connected": True})
        answer = page.post(f"{address}/api/chat", json={"text": SAID}, timeout=20)
        assert (answer.status_code, answer.headers["transfer-encoding"]) == (200, "chunked")
        assert SAID in answer.text

        forged = {"webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": "v1,AAAA"}
        assert requests.post(f"{address}/webhooks/1relay", json={}, headers=forged, timeout=20).status_code == 400
        connection = product.app.connections.get(status="active")
        connections.revoke(product.app, connection.id, now)
        wait_for(lambda: deliver_due(datetime.now(UTC)) == 0, 20)
        assert not page.get(f"{address}/api/state", timeout=20).json()["connected"]
        assert page.post(f"{address}/api/chat", json={"text": SAID}, timeout=20).json()["code"] == "not_connected"
        process.terminate()
        printed, errors = process.communicate(timeout=20)
    assert "connection.revoked" in printed
    assert errors == ""


def test_fastapi(world: World) -> None:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--app-dir", "examples/fastapi", "main:app", "--port", str(port)]
    kept = {"PATH": os.environ["PATH"], **environment(world)}
    with subprocess.Popen(command, cwd=ROOT, env=kept, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(lambda: server.poll() is not None or listens(port), 30)
            answer = requests.post(f"http://127.0.0.1:{port}/ask", json={"text": SAID}, timeout=20)
            assert answer.status_code == 200, answer.text
            assert SAID in answer.json()["text"]
        finally:
            server.terminate()


def test_ai_sdk(world: World) -> None:
    done = run(["node", "examples/ai-sdk/ask.mjs", SAID], environment(world))
    assert done.returncode == 0, done.stdout + done.stderr
    assert SAID in done.stdout
    assert "POST /v1/openai/chat/completions" in world.arrivals


def test_the_pages_commands(world: World) -> None:
    shown = [block.code for block in blocks() if block.source == PAGE and block.fence.run_by and block.fence.language == "sh"]
    assert len(shown) == 1
    done = run(["sh", "-c", shown[0].replace("https://relay.example", world.origin)], environment(world))
    assert re.search(r'"publicToken": ?"1r_pt_', done.stdout), done.stdout + done.stderr


def test_the_page_lists_each_outcome() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| `([A-Za-z-]+)` \| (.+?) \|$", (ROOT / PAGE).read_text(), re.MULTILINE)
    assert rows == [(one.name, one.key, one.description) for one in outcomes().values()]


@pytest.mark.parametrize("folder", [folder for folder in sorted(EXAMPLES.iterdir()) if folder.is_dir()], ids=lambda folder: folder.name)
def test_a_readme_names_files_that_are_there(folder: Path) -> None:
    text = (folder / "README.md").read_text()
    for link in re.findall(r"\]\(([^)#:]+)", text):
        assert (folder / link).exists(), link
    for named in re.findall(r"^(?:sh|node) (examples/\S+)", text, re.MULTILINE):
        assert (ROOT / named).exists(), named
