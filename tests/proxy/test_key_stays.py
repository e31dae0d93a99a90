"""Where a provider key can exist: in the pipeline's functions, for one call, and nowhere in what is logged."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tests.factories import Linked
from tests.fake_provider import RESET, FakeProvider, chat_answer, chat_chunk, events, stream, whole
from tests.proxy.conftest import KEYS, Relay, settled

ROOT = Path(__file__).resolve().parent.parent.parent
OPENERS = ("open_sealed_key", "open_held_key")


def test_only_the_pipeline_opens_keys() -> None:
    opening = {
        str(path.relative_to(ROOT))
        for package in ("accounts", "linkflow", "proxy", "relay", "usage", "vault")
        for path in (ROOT / package).rglob("*.py")
        if any(name in path.read_text(encoding="utf-8") for name in OPENERS)
    }
    in_crypto = {name for name in opening if name.startswith("relay/crypto/")}
    assert opening - in_crypto == {"proxy/pipeline.py"}


def test_no_log_line_holds_a_key_or_token(relay: Relay, linked: Linked, provider: FakeProvider, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    body = {"provider": "openai", "model": "gpt-4o-mini", "messages": [{"role": "user", "content": "a secret prompt"}]}
    echo = f"key {KEYS['openai']} here"
    provider.will(whole(chat_answer(text=echo)), whole({"error": {"message": echo}}, 401), stream(*events(chat_chunk(echo)), RESET))
    for streams in (False, False, True):
        answer = relay.chat(linked.access_token, {**body, "stream": streams}, stream=True)
        assert KEYS["openai"].encode() not in answer.content
    relay.chat(linked.access_token, b"{")
    settled(linked.connection.id, 3)
    logged = "\n".join(f"{record.getMessage()} {record.exc_text}" for record in caplog.records)
    assert "proxy refused request" in logged
    for secret in (*KEYS.values(), linked.access_token, "a secret prompt"):
        assert secret not in logged
