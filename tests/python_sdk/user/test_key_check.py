"""Trying a key ends as on the relay's own pages: the same facts, meanings and words, held against the pages' scripts."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from onerelay.user.api import RawAnswer
from onerelay.user.key_check import calls_for, meaning_of, said_of
from onerelay.user.personal import TrialCall
from onerelay.user.providers import known, look_of
from tests.crypto.vectors import SPEC
from tests.python_sdk.user import provider_facts

ROOT = SPEC.parent
TEXTS = [
    "", "insufficient_quota", "Missing scopes: api.model.read", "Missing scopes", "access denied", "API_KEY_INVALID", "credits", "blocked",
    '{"is_management_key": true}', '{"limit_remaining": 0}', "trial key limit a month", "has been suspended", "credit balance is too low",
]  # fmt: skip
STATUSES = [200, 400, 401, 402, 403, 404, 412, 429, 500, 503]
KEYS = [
    "sk-" + "proj-" + "a" * 24, "sk-" + "admin-" + "a" * 24, "gsk_" + "a" * 52, "AIza" + "a" * 35, "ya29." + "a" * 30,
    "sandbox-key-" + "works", "no-such-shape-at-all", "sk-ant-" + "api03-" + "a" * 24,
]  # fmt: skip
_SCRIPT = """
import { meaningOf } from "./clients/pages/src/keyGuide/outcomes";
import { afterCheck } from "./clients/pages/src/keyGuide/words";
import { lookOf } from "./clients/pages/src/keyGuide/shapes";
const { facts, answers, keys, outcomes } = GIVEN;
const look = ({ kind, why, other }) => [kind, why ?? null, other?.id ?? null];
console.log(JSON.stringify({
  meanings: facts.map((one) => answers.map((answer) => meaningOf(one, answer))),
  looks: facts.map((one) => keys.map((key) => look(lookOf(key, one, facts)))),
  said: outcomes.map((outcome) => { const { tone, title, text } = afterCheck(outcome, { name: "NAME" }); return [tone, title, text]; }),
}));
"""
OUTCOMES = [
    "works", "accepted", "unproven", "no_scope", "no_credit", "admin_key", "refused", "refused_or_no_credit", "account_blocked",
    "address_blocked", "region", "not_allowed", "busy", "provider_down", "unclear", "unreachable", "relay_failed", "skipped",
]  # fmt: skip


def test_facts_are_the_relays_own() -> None:
    assert provider_facts.FILE.read_text(encoding="utf-8") == provider_facts.text(), "run python -m tests.python_sdk.user.provider_facts"


def test_outcomes_looks_and_words_are_the_pages() -> None:
    answers = [RawAnswer(status, code, text) for status in STATUSES for text in TEXTS for code in (None,)]
    answers += [RawAnswer(502, "provider_unreachable", ""), RawAnswer(504, "provider_timeout", ""), RawAnswer(402, "budget_exceeded", "")]
    pages = run_pages({"answers": [_as_pages(answer) for answer in answers], "keys": KEYS, "outcomes": OUTCOMES})
    providers = list(known().values())
    assert [[meaning_of(provider, answer) for answer in answers] for provider in providers] == pages["meanings"]
    assert [[_look(key, provider.id) for key in KEYS] for provider in providers] == pages["looks"]
    said = [said_of(outcome, "NAME") for outcome in OUTCOMES]
    assert [[one.tone, one.title, one.text] for one in said] == pages["said"]


def run_pages(given: dict[str, Any]) -> dict[str, Any]:
    """What the pages' own scripts say."""
    source = _SCRIPT.replace("GIVEN", json.dumps({**given, "facts": provider_facts.facts()}))
    bundling = ["npx", "--no", "--", "esbuild", "--bundle", "--format=esm", "--loader=ts", "--log-level=warning"]
    bundle = subprocess.run(bundling, input=source, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    printed = subprocess.run(["node", "--input-type=module"], input=bundle, capture_output=True, text=True, check=True).stdout
    answer: dict[str, Any] = json.loads(printed)
    return answer


def _as_pages(answer: RawAnswer) -> dict[str, Any]:
    return {"status": answer.status, "code": answer.relay_code, "isRelays": answer.relay_code is not None, "text": answer.text}


def _look(api_key: str, provider: str) -> list[str | None]:
    look = look_of(api_key, known()[provider])
    return [look.kind, look.why, look.other.id if look.other else None]


def test_a_generation_follows_where_the_free_check_cannot_tell_all() -> None:
    calls: list[TrialCall] = []

    def answering(*answers: RawAnswer) -> str:
        calls.clear()
        left = list(answers)

        def send(call: TrialCall) -> RawAnswer:
            calls.append(call)
            return left.pop(0)

        return calls_for(known()["openai"], send)

    listed = RawAnswer(200, None, '{"data": [{"id": "gpt-4.1-nano"}]}')
    assert answering(listed, RawAnswer(200, None, "{}")) == "works"
    assert calls[1].body is not None
    assert calls[1].body["model"] == "gpt-4.1-nano"
    assert answering(listed, RawAnswer(429, None, "insufficient_quota")) == "no_credit"
    assert answering(listed, RawAnswer(500, None, "")) == "accepted"
    assert answering(RawAnswer(200, None, "{}")) == "accepted"
    assert answering(RawAnswer(401, None, "")) == "refused"
    assert len(calls) == 1
    no_list = RawAnswer(403, None, "Missing scopes: api.model.read")
    assert answering(no_list, RawAnswer(200, None, "{}")) == "works"
