"""Keys tried as the pages try them: the pages' own code, the real relay, and a provider that answers as the vendors document."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from linkflow.models import Connection
from relay.core.money import NANOS_PER_CENT
from relay.crypto.encoding import b64u_encode
from relay.providers import registry
from relay.providers.for_pages import key_facts
from scripts.layout import ROOT
from tests.factories import Person, make_person
from tests.fake_provider import Answer, FakeProvider, Received, whole
from tests.proxy.conftest import Relay, wait_for
from tests.proxy.key_check_cases import Case, all_cases
from usage.models import Hold, LedgerEntry

SANDBOX = [
    ("works", "works", "works"),
    ("no such key", "invalid", "refused"),
    ("out of quota", "quota", "no_credit"),
    ("too fast", "rate-limited", "busy"),
    ("broken", "server-error", "provider_down"),
]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The test that tries keys, bundled for Node."""
    node = shutil.which("node") or "node"
    subprocess.run([node, "clients/build.mjs", "--tests"], cwd=ROOT, check=True)
    return ROOT / "build" / "test" / "node" / "pages.keyChecks.test.mjs"


def run(script: Path, relay: Relay, person: Person, cases: list[dict[str, str]], folder: Path) -> str:
    """Try every key; answers what the test runner says. Raises AssertionError where an outcome is another than expected."""
    given = {
        "origin": relay.base, "token": person.token, "elevation": person.elevation, "vaultKey": b64u_encode(person.vault_key),
        "facts": key_facts(), "cases": cases,
    }  # fmt: skip
    file = folder / "checks.json"
    file.write_text(json.dumps(given))
    node = shutil.which("node") or "node"
    done = subprocess.run(
        [node, "--test", "--test-reporter=tap", str(script)],
        env={**os.environ, "KEY_CHECKS": str(file)}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    failed = [line for line in done.stdout.splitlines() if any(word in line for word in ("not ok", "actual:", "expected:", "error:"))]
    assert done.returncode == 0, "\n".join(failed)
    return done.stdout


def given(provider: str, name: str, key: str, outcome: str) -> dict[str, str]:
    """A case for the script."""
    return {"provider": provider, "name": name, "apiKey": key, "outcome": outcome}


def test_every_documented_refusal_is_told_apart(relay: Relay, provider: FakeProvider, script: Path, tmp_path: Path) -> None:
    table = {f"case-{number:03}-of-the-table": case for number, case in enumerate(all_cases())}
    provider.will(lambda received: answer(received, table))
    person = make_person()
    cases = [given(case.provider, case.name, key, case.outcome) for key, case in table.items()]
    cases += [given("sandbox", name, "sandbox-key-" + key, outcome) for name, key, outcome in SANDBOX]
    told = run(script, relay, person, cases, tmp_path)
    assert told.count("\n    ok ") == len(cases)
    asked = {(key_of(received), received.method) for received in provider.received}
    assert asked == {(key, "GET") for key in table} | {(key, "POST") for key, case in table.items() if case.trial}
    wait_for(lambda: not Hold.objects.exists())
    assert not Connection.objects.filter(user=person.user, trial=True, status=Connection.ACTIVE).exists()
    assert all(entry.cost_nanos < NANOS_PER_CENT for entry in LedgerEntry.objects.all())


def test_a_provider_that_is_not_there_says_nothing_of_the_key(relay: Relay, script: Path, tmp_path: Path, settings: Any) -> None:
    names = [known.id for known in registry.providers() if known.base_url]
    settings.RELAY_UPSTREAMS = dict.fromkeys(names, "http://127.0.0.1:9")
    cases = [given(name, "unreachable", "any-key-of-anybody", "unreachable") for name in names]
    run(script, relay, make_person(), cases, tmp_path)


def test_every_provider_has_a_case_that_works_and_one_of_a_wrong_key() -> None:
    covered = {(case.provider, case.outcome) for case in all_cases()}
    for name in [known.id for known in registry.providers() if known.base_url]:
        assert covered & {(name, "works"), (name, "accepted"), (name, "unproven")}, name
        assert covered & {(name, "refused"), (name, "refused_or_no_credit")}, name
    told = {(known.id, answer.outcome) for known in registry.providers() for answer in known.check_answers}
    assert {pair for pair in told if pair[1] != "no_list"} <= covered


def key_of(received: Received) -> str:
    """The credential of a call."""
    headers = received.headers
    return headers.get("authorization", "").removeprefix("Bearer ") or headers.get("x-api-key") or headers["x-goog-api-key"]


def answer(received: Received, table: dict[str, Case]) -> Answer:
    """What the case of that key says."""
    case = table[key_of(received)]
    if case.provider == "anthropic" and "anthropic-version" not in received.headers:
        return whole({"type": "error", "error": {"type": "invalid_request_error", "message": "anthropic-version: header is required"}}, 400)
    status, body = case.check if received.method == "GET" else case.trial or (500, {})
    return whole(body, status)
