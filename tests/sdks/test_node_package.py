"""@1relay/node-sdk as it would be published: what is in it, how it installs, its README word for word, its types, its public face."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from standardwebhooks import Webhook

from relay.openapi.document import document
from scripts.layout import ROOT
from tests.docs.blocks import Block, blocks, to_run
from tests.proxy.conftest import wait_for
from tests.sdks.node_app import PATIENCE_SECONDS, NodeApp, node, plain, printed
from tests.sdks.world import World

pytestmark = pytest.mark.sdks

PACKAGE = ROOT / "clients" / "node-sdk"
README = "clients/node-sdk/README.md"
SNAPSHOT = PACKAGE / "tests" / "api.snapshot.txt"
PUBLIC = (
    *("index", "ai-sdk", "client", "options", "types", "streaming", "errors"),
    *("officialSdks", "passthrough", "webhooks", "webhookEvents", "sandbox"),
)
BESIDE = ("openai", "groq-sdk", "ai", "@anthropic-ai/sdk", "@google/genai", "@ai-sdk/openai-compatible")
"""What the README says is installed beside it."""
ORDER = [
    "One working call", "Streaming", "Other providers' SDKs", "Webhooks", "Errors", "Retries", "Time-outs", "Request ids", "Logging",
    "Versions",
]  # fmt: skip


def run(command: list[str], folder: Path) -> str:
    """What a program printed; it must end well, without any registry."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().startswith("npm_")}
    done = subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The tarball, and what npm says is in it."""
    folder = tmp_path_factory.mktemp("packed")
    told = json.loads(run(["npm", "pack", "--json", "--ignore-scripts", f"--pack-destination={folder}"], PACKAGE))
    return folder / told[0]["filename"], [entry["path"] for entry in told[0]["files"]]


@pytest.fixture(scope="module")
def project(packed: tuple[Path, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty project into which the tarball was installed, offline; then what the README has beside it."""
    folder = tmp_path_factory.mktemp("project")
    run(["npm", "init", "--yes"], folder)
    run(["npm", "install", "--offline", "--no-audit", "--no-fund", str(packed[0])], folder)
    installed = folder / "node_modules"
    assert sorted(path.name for path in installed.iterdir() if not path.name.startswith(".")) == ["@1relay"]
    for name in (*BESIDE, "@types/node", "undici-types"):
        (installed / name).parent.mkdir(exist_ok=True)
        (installed / name).symlink_to(ROOT / "node_modules" / name)
    return folder


def test_the_tarball_holds_what_users_need_and_nothing_else(packed: tuple[Path, list[str]]) -> None:
    _, files = packed
    sources = [path.stem for path in (PACKAGE / "src").glob("*.ts")]
    types = [f"dist/{name}.d.{kind}" for name in sources for kind in ("ts", "cts")]
    code = [f"dist/{name}.{kind}" for name in ("index", "ai-sdk") for kind in ("js", "cjs")]
    assert sorted(files) == sorted([*types, *code, "package.json", "README.md", "CHANGELOG.md", "LICENSE"])
    assert (PACKAGE / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_its_settings_are_those_of_a_published_package() -> None:
    told: dict[str, Any] = json.loads((PACKAGE / "package.json").read_text())
    assert "dependencies" not in told
    assert set(told["peerDependenciesMeta"]) == set(told["peerDependencies"]), "every peer is optional"
    assert told["engines"] == {"node": ">=20"}
    assert told["publishConfig"] == {"access": "public", "provenance": True}
    assert told["license"] == "Apache-2.0"
    assert f"## {told['version']}" in (PACKAGE / "CHANGELOG.md").read_text()


def test_the_readme_keeps_its_order() -> None:
    text = (PACKAGE / "README.md").read_text()
    assert text.index("npm install") < text.index(f"## {ORDER[0]}")
    assert [title.replace("’", "'") for title in re.findall(r"^## (.+)$", text, re.MULTILINE)] == ORDER


def test_the_public_face_is_the_one_that_was_agreed(packed: tuple[Path, list[str]], project: Path) -> None:
    """Every public declaration without its comments. A change is meant: copy the new one, and think of the version and CHANGELOG.md."""
    dist = project / "node_modules" / "@1relay" / "node-sdk" / "dist"
    texts = [f"// {name}\n{_bare((dist / f'{name}.d.ts').read_text())}" for name in PUBLIC]
    now = ROOT / "build" / "node-sdk.api.txt"
    now.parent.mkdir(exist_ok=True)
    now.write_text("\n".join(texts))
    assert now.read_text() == SNAPSHOT.read_text(), f"cp {now.relative_to(ROOT)} {SNAPSHOT.relative_to(ROOT)}"


def _bare(declarations: str) -> str:
    code = re.sub(r"/\*\*.*?\*/", "", declarations, flags=re.DOTALL)
    return "\n".join(line.rstrip() for line in code.splitlines() if line.strip() and "import " not in line) + "\n"


def test_its_types_hold_for_both_kinds_of_modules(project: Path) -> None:
    for name in ("consumer.mts", "consumer.cts"):
        shutil.copy(ROOT / "tests" / "sdks" / "node_consumer.ts", project / name)
    tsc = str(ROOT / "node_modules" / "typescript" / "bin" / "tsc")
    options = ["--noEmit", "--strict", "--module", "node16", "--target", "es2022", "--types", "node", "--exactOptionalPropertyTypes"]
    run(["node", tsc, *options, "consumer.mts", "consumer.cts"], project)


def test_both_kinds_of_modules_load(project: Path) -> None:
    for name, code in (
        ("load.mjs", 'import * as sdk from "@1relay/node-sdk"; import * as ai from "@1relay/node-sdk/ai-sdk";'),
        ("load.cjs", 'const sdk = require("@1relay/node-sdk"); const ai = require("@1relay/node-sdk/ai-sdk");'),
    ):
        (project / name).write_text(f"{code} console.log(typeof sdk.OneRelayClient, typeof ai.createOneRelay);")
        assert printed(project / name) == "function function\n"


def test_types_and_documents_say_the_same(tmp_path: Path) -> None:
    """Held to /v1/openapi.json and spec/webhook_events.json by the compiler."""
    folder = ROOT / "build" / f"node-types-{os.getpid()}"  # below the packages
    folder.mkdir(parents=True)
    try:
        events = json.loads((ROOT / "spec" / "webhook_events.json").read_text())["events"]
        schemas = {event["type"]: event["data"] for event in events}
        told = {"openapi": "3.1.0", "info": {"title": "Webhooks", "version": "1"}, "paths": {}, "components": {"schemas": schemas}}
        for name, content in (("openapi", document()), ("webhooks", told)):
            source = tmp_path / f"{name}.json"
            source.write_text(json.dumps(content))
            command = ["npx", "--no", "openapi-typescript", str(source), "--output", str(folder / f"{name}.d.ts")]
            run([*command, "--default-non-nullable=false"], ROOT)
        shutil.copy(ROOT / "tests" / "sdks" / "node_types.ts", folder / "check.ts")
        settings = {"extends": "../../tsconfig.base.json", "compilerOptions": {"noEmit": True, "types": ["node"]}, "include": ["*.ts"]}
        (folder / "tsconfig.json").write_text(json.dumps(settings))
        run(["node", "node_modules/typescript/bin/tsc", "-p", str(folder)], ROOT)
    finally:
        shutil.rmtree(folder)


PRELUDE = """
import { OneRelayClient as Client } from "@1relay/node-sdk";
const given = GIVEN;
Object.assign(globalThis, given);
globalThis.client = new Client(given);
"""


@pytest.mark.parametrize("block", [block for block in to_run("ts") if block.source == README], ids=str)
def test_the_readmes_code_runs_as_installed(world: World, project: Path, block: Block) -> None:
    app = NodeApp(world.origin)
    given = app.given() | {"visitor": {"id": "visitor-1"}, "publicToken": app.public_token("visitor-1")}
    given |= {"provider": "openai", "model": "gpt-4o", "messages": [{"role": "user", "content": "Hello!"}]}
    code = block.code.replace("https://relay.example", world.origin)
    code = code.replace("1r_cid_…", app.product.app.client_id).replace("1r_cs_…", app.product.secret)
    script = project / f"block-{block.line}.mjs"
    script.write_text(plain(PRELUDE.replace("GIVEN", json.dumps(given)) + code))
    out = printed(script)
    assert bool(out.strip()) == ("console.log" in code or "stdout" in code)
    if "hello" in code.lower() and "console.log" in code:
        assert ("You asked: “Hello!”" if "sandbox.link" in code else "Hello there.") in out


def test_the_readmes_webhook_server_takes_the_relays_events_once(project: Path) -> None:
    code = next(block for block in blocks() if block.source == README and block.fence.file == "webhooks.mjs")
    (project / "webhooks.mjs").write_text(code.code)
    secret = "whsec_" + "c2VjcmV0" * 5
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    specified = json.loads((ROOT / "spec" / "webhook_events.json").read_text())["events"]
    examples = {event["type"]: json.dumps(event["example"]) for event in specified}
    kept = {"ONERELAY_WEBHOOK_SECRET": secret, "PORT": str(port)}
    with node(project / "webhooks.mjs", **kept) as process:
        wait_for(lambda: _listens(port), PATIENCE_SECONDS)
        revoked = examples["connection.revoked"]
        posts = [("msg_1", revoked, revoked), ("msg_1", revoked, revoked), ("msg_2", revoked, revoked + " ")]
        posts.append(("msg_3", examples["budget.exhausted"], examples["budget.exhausted"]))
        assert [_post(port, secret, *each) for each in posts] == [204, 204, 400, 204]
        process.terminate()
        out, err = process.communicate(timeout=20)
    assert (out.count("forget the access token of con_"), out.count("tell "), err) == (1, 1, "")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _post(port: int, secret: str, message_id: str, signed: str, sent: str) -> int:
    now = datetime.now(UTC)
    signature = Webhook(secret).sign(message_id, now, signed)
    headers = {"webhook-id": message_id, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
    return requests.post(f"http://127.0.0.1:{port}/", data=sent.encode(), headers=headers, timeout=20).status_code
