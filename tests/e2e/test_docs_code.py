"""The code of the documentation and of the READMEs, run against a relay as its readers would run it."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.demo_parties import App, Person
from scripts.demo_relay import running_relay
from scripts.layout import ROOT, VENV_PYTHON
from tests.docs.blocks import Block, to_run
from tests.fake_provider import FakeProvider
from tests.sdks import vendors

# The quick start (test_docs_quick_start.py) stands for these in `make test`.
pytestmark = [pytest.mark.e2e, pytest.mark.long]

PASSWORD = "correct horse " + "battery staple"
KEYS = {"openai": "sk-" + "proj-documentation-0123456789", "sandbox": "sandbox-key-" + "works"}
TOO_MUCH = "x" * 500_000
"""What no budget of a dollar can pay for: budgets.md shows the refusal."""
_PRELUDE = """
import { OneRelayClient as Client } from "@1relay/node-sdk";
const given = GIVEN;
Object.assign(globalThis, given);
globalThis.client = new Client(given);
"""
PYTHON_PRELUDE = """
import base64, hashlib, hmac, json, time
from onerelay import OneRelay
given = json.loads(GIVEN)
client = OneRelay(client_id=given["clientId"], client_secret=given["clientSecret"], base_url=given["baseUrl"])
access_token, public_token, visitor_id = given["accessToken"], given["publicToken"], given["visitor"]["id"]
provider, model, messages = given["provider"], given["model"], given["messages"]
webhook_secret = "whsec_" + base64.b64encode(bytes(32)).decode()
body = b'{"type": "webhook.test", "timestamp": "2026-11-23T09:30:00Z", "data": {"appId": "app_6yPq0LmNv4HsTgBx9RcJwU"}}'
headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(time.time()))}
signed = ".".join([*headers.values(), body.decode()]).encode()
headers["webhook-signature"] = "v1," + base64.b64encode(hmac.digest(bytes(32), signed, "sha256")).decode()
"""


@dataclass
class Reader:
    """Somebody who copies code: an app of their own, and a person who approves it as often as needed."""

    origin: str
    person: Person
    app: App

    def approved(self) -> str:
        """A public token, fresh from an approval."""
        session = self.app.open_session(list(KEYS), 100, "visitor-1")
        return self.person.approve(session["linkToken"], list(KEYS), 100)

    def given(self, block: Block) -> dict[str, object]:
        """What the text around a block has the reader hold already."""
        client_id, client_secret = self.app.http.auth  # type: ignore[misc]  # a pair, always
        granted = self.app.exchange(self.approved(), "visitor-1")
        return {
            "clientId": client_id,
            "clientSecret": client_secret,
            "baseUrl": self.origin,
            "visitor": {"id": "visitor-1"},
            "publicToken": self._token_for(block),
            "accessToken": granted["accessToken"],
            "connectionId": granted["connectionId"],
            "provider": "openai",
            "model": "gpt-4o",
            "messages": [{"role": "user", "content": TOO_MUCH if "budgets.md" in block.source else "Hello!"}],
        }

    def _token_for(self, block: Block) -> str:
        """A public token of a session that was opened as this block exchanges it: with a visitor's id, or without."""
        if "clientUserId" in block.code or "client_user_id" in block.code:
            return self.approved()
        session = self.app.call("POST", "/v1/link/sessions", {"requestedProviders": list(KEYS)})
        return self.person.approve(session["linkToken"], list(KEYS), 100)

    def filled(self, block: Block) -> str:
        """The block with this reader's relay and credentials in it."""
        client_id, client_secret = self.app.http.auth  # type: ignore[misc]
        code = block.code.replace("https://relay.example", self.origin).replace("http://localhost:8000", self.origin)
        return code.replace("1r_cid_…", str(client_id)).replace("1r_cs_…", str(client_secret))


@pytest.fixture(scope="module")
def reader(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A relay of this module's own, a made-up OpenAI behind it, and everybody registered."""
    with FakeProvider() as provider:
        provider.will(vendors.answer)
        with running_relay(tmp_path_factory.mktemp("docs"), {"RELAY_UPSTREAM_OPENAI": provider.base}) as origin:
            person = Person(origin, f"reader-{secrets.token_hex(4)}@example.com", PASSWORD)
            person.register()
            for name, key in KEYS.items():
                person.put_key(name, key)
            made = person.call("POST", "/v1/apps", {"name": "Quill", "allowedOrigins": ["http://localhost:3000"]})
            yield Reader(origin, person, App(origin, made["clientId"], made["clientSecret"]))


def run(command: list[str], environment: dict[str, str], standard_input: str = "") -> str:
    """What a program printed; it must end well."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RELAY_")}
    own = {**kept, **environment, "PATH": f"{VENV_PYTHON.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=ROOT, env=own, input=standard_input, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("block", to_run("js", "ts"), ids=str)
def test_server_code_runs_in_node(reader: Reader, block: Block) -> None:
    prelude = _PRELUDE.replace("GIVEN", json.dumps(reader.given(block)))
    plain = run(["npx", "--no", "--", "esbuild", "--loader=ts", "--log-level=warning"], {}, prelude + reader.filled(block))
    printed = run(["node", "--input-type=module"], {}, plain)
    assert bool(printed.strip()) == ("console.log" in block.code or "stdout" in block.code)
    if "budgets.md" in block.source:
        assert "100" in printed
        assert "monthly" in printed


@pytest.mark.parametrize("block", to_run("python"), ids=str)
def test_python_code_runs(reader: Reader, block: Block) -> None:
    given = reader.given(block)
    prelude = PYTHON_PRELUDE.replace("GIVEN", repr(json.dumps(given)))
    printed = run([sys.executable, "-"], {"ACCESS_TOKEN": str(given["accessToken"])}, prelude + reader.filled(block))
    assert bool(printed.strip()) == ("print(" in block.code)


@pytest.mark.parametrize("block", to_run("sh"), ids=str)
def test_commands_run_and_a_refusal_is_one_the_page_names(reader: Reader, block: Block, tmp_path: Path) -> None:
    given = reader.given(block)
    names = {"ONERELAY_CLIENT_ID": "clientId", "ONERELAY_CLIENT_SECRET": "clientSecret", "ACCESS_TOKEN": "accessToken"}
    environment = {name: str(given[member]) for name, member in names.items()} | {"PUBLIC_TOKEN": reader._token_for(block)}
    printed = run(["bash", "-e"], {**environment, "RELAY_DATA_DIR": str(tmp_path)}, reader.filled(block))
    if block.code.startswith("curl"):
        answer = json.loads(printed)
        assert answer["success"] or answer["error"]["code"] in (ROOT / block.source).read_text()
