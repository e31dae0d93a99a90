"""@1relay/node-sdk against a live relay: official SDKs with the options it gives, the AI SDK, streams left and cut, the original page."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scripts.layout import ROOT
from tests.factories import make_app, make_person
from tests.fake_provider import RESET, chat_chunk, events, stream
from tests.sdks import vendors
from tests.sdks.node_app import NodeApp, environment_of, node, plain, printed
from tests.sdks.world import World
from webhooks.services import endpoints

pytestmark = pytest.mark.sdks

TALKS = ["talksThroughOpenai", "talksThroughAnthropic", "talksThroughGoogle", "talksThroughGroq", "talksThroughTheAiSdk"]


@pytest.fixture(scope="module")
def script() -> Iterator[Path]:
    """tests/sdks/js/src/nodeSdk.ts, bundled below the packages' folder, where Node looks for them."""
    built = ROOT / "build" / "test" / "sdks" / f"node-{os.getpid()}.mjs"
    options = ["--bundle", "--packages=external", "--platform=node", "--format=esm", "--target=node20", "--log-level=warning"]
    command = ["npx", "--no", "esbuild", "tests/sdks/js/src/nodeSdk.ts", f"--outfile={built}", *options]
    subprocess.run(command, cwd=ROOT, check=True)
    yield built
    built.unlink()


@pytest.mark.parametrize("situation", [*TALKS, "embeds", "passesThrough"])
def test_it_works_as_documented(world: World, script: Path, situation: str) -> None:
    printed(script, situation, **environment_of(NodeApp(world.origin).given()))


def test_the_sandbox_needs_no_browser_and_fires(world: World, script: Path) -> None:
    product = make_app(make_person().user, webhook_url="https://hooks.example/1relay")
    endpoints.rotate_secret(product.app, immediately=False, now=datetime.now(UTC))
    printed(script, "usesTheSandbox", **environment_of(NodeApp(world.origin, product=product).given()))


def test_the_ai_sdk_repeats_only_what_the_relay_marks(world: World, script: Path) -> None:
    given = NodeApp(world.origin).given()
    world.without_upstream()
    printed(script, "theAiSdkTriesOnce", **environment_of(given))
    assert world.arrivals == ["POST /v1/openai/chat/completions"]


def test_leaving_the_loop_closes_the_providers_stream_within_a_second(world: World, script: Path) -> None:
    world.provider.will(vendors.slowly)
    with node(script, "leavesTheLoop", **environment_of(NodeApp(world.origin).given())) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "left\n"
        assert world.provider.received[0].abandoned.wait(1)
        out, err = process.communicate(timeout=20)
        assert process.returncode == 0, out + err


def test_a_stream_whose_connection_dies_is_an_error_of_ours(world: World, script: Path) -> None:
    world.provider.will(stream(*events(chat_chunk("Hel"), chat_chunk("lo"), done=False), 0.2, RESET))
    printed(script, "seesTheConnectionDie", **environment_of(NodeApp(world.origin).given()))


ORIGINAL = """\
import { OneRelayClient } from '@1relay/node-sdk';
const client = new OneRelayClient({
clientId: '1r_cid_...',
clientSecret: '1r_cs_...',
baseUrl: 'https://1relay-api.omerbese.workers.dev',
});
// 1. Create a link session
const session = await client.createLinkSession({
requestedProviders: ['openai', 'anthropic'],
budgetSuggestionCents: 1000, // $10/month suggestion
});
// Return session.linkToken to your frontend
// 2. Exchange public token for access token
const { accessToken } = await client.exchangePublicToken(publicToken);
// 3. Make AI calls through 1Relay
const response = await client.chatCompletion({
accessToken,
provider: 'openai',
model: 'gpt-4o',
messages: [{ role: 'user', content: 'Hello!' }],
});"""
FRONTEND = """\
process.stdout.write(session.linkToken + "\\n");
const publicToken = await new Promise((resolve) => process.stdin.once("data", (data) => resolve(String(data).trim())));
process.stdin.destroy();
"""


def test_the_original_pages_server_code_runs_as_written(world: World, tmp_path: Path) -> None:
    """Verbatim but for host and ids. What the page leaves to the reader, the way by the frontend, stands where it says so."""
    app = NodeApp(world.origin)
    code = ORIGINAL.replace("1r_cid_...", app.product.app.client_id).replace("1r_cs_...", app.product.secret)
    code = code.replace("https://1relay-api.omerbese.workers.dev", world.origin)
    before, mark, after = code.partition("// Return session.linkToken to your frontend\n")
    whole = f"{before}{mark}{FRONTEND}{after}\nconsole.log(response.choices[0].message.content);"
    script = ROOT / "build" / "test" / "sdks" / f"original-{os.getpid()}.mjs"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(plain(whole))
    try:
        with node(script) as process:
            assert process.stdout is not None
            link_token = process.stdout.readline().strip()
            out, err = process.communicate(app.approved(link_token), timeout=20)
            assert (process.returncode, out) == (0, "Hello there.\n"), err
    finally:
        script.unlink()
