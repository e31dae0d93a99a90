"""How calls end early: the client leaves, the connection is revoked, the key is in trouble, the provider can't be reached."""

from __future__ import annotations

import json
import socket
import time
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from linkflow.models import Connection, SealedKey
from relay.crypto import aead, connection_keys
from tests.factories import Linked, make_connection
from tests.fake_provider import HALF_CLOSE, FakeProvider, Piece, chat_answer, chat_chunk, events, stream, usage_chunk, whole
from tests.proxy.conftest import KEYS, Relay, money, settled, wait_for
from usage.models import Hold, LedgerEntry

HELLO = [{"role": "user", "content": "Hello"}]
CHAT = {"model": "gpt-4o-mini", "messages": HELLO}


def _paced(number: int) -> tuple[Piece, ...]:
    return (*events(chat_chunk(str(number)), done=False), 0.05)


ENDLESS: list[Piece] = [piece for number in range(200) for piece in _paced(number)]


def begin(relay: Relay, token: str, body: dict[str, Any], path: str = "/v1/proxy/chat/completions") -> HTTPConnection:
    """Send a request and leave it there."""
    address = urlsplit(relay.base)
    connection = HTTPConnection(str(address.hostname), address.port, timeout=10)
    connection.request("POST", path, json.dumps(body), {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
    return connection


def test_leaving_before_the_first_byte_aborts_upstream(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    provider.will(whole(chat_answer(), wait_seconds=20))
    connection = begin(relay, linked.access_token, {"provider": "openai", **CHAT, "max_tokens": 100})
    wait_for(lambda: provider.received)
    connection.close()
    assert provider.last.abandoned.wait(1.0)
    entry = settled(linked.connection.id).entries[0]
    assert (entry.usage_source, entry.error_code) == ("estimated", "client_gone")
    assert entry.cost_nanos > 0


@pytest.mark.parametrize("path", ["/v1/proxy/chat/completions", "/v1/proxy/passthrough/openai/v1/chat/completions"])
def test_leaving_within_a_stream_aborts_upstream(relay: Relay, linked: Linked, provider: FakeProvider, path: str) -> None:
    provider.will(stream(*ENDLESS))
    body = {**CHAT, "stream": True} | ({"provider": "openai"} if "passthrough" not in path else {})
    connection = begin(relay, linked.access_token, body, path)
    answer = connection.getresponse()
    assert answer.read(20)
    answer.close()
    connection.close()
    assert provider.last.abandoned.wait(1.0)
    entry = settled(linked.connection.id).entries[0]
    assert (entry.usage_source, entry.error_code, entry.http_status) == ("estimated", "client_gone", 200)
    assert entry.output_tokens >= 1


@pytest.mark.parametrize("path", ["/v1/proxy/chat/completions", "/v1/proxy/passthrough/openai/v1/chat/completions"])
def test_leaving_once_all_is_said_is_booked_by_what_the_provider_reported(
    relay: Relay, linked: Linked, provider: FakeProvider, path: str
) -> None:
    said = events(chat_chunk("a"), usage_chunk(1000, 5))
    provider.will(stream(*said, 20.0))
    body = {**CHAT, "max_tokens": 4000, "stream": True} | ({"provider": "openai"} if "passthrough" not in path else {})
    connection = begin(relay, linked.access_token, body, path)
    answer = connection.getresponse()
    while answer.readline() != b"data: [DONE]\n":
        pass
    answer.close()
    connection.close()
    entry = settled(linked.connection.id).entries[0]
    assert (entry.usage_source, entry.input_tokens, entry.output_tokens) == ("provider_usage", 1000, 5)
    assert (entry.http_status, entry.error_code) == (200, "client_gone")


def test_leaving_after_an_error_in_the_stream_is_booked_by_estimate(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    said = events(chat_chunk("a"), usage_chunk(1000, 5), {"error": {"message": "x"}}, done=False)
    provider.will(stream(*said, 20.0))
    body = {**CHAT, "stream": True}
    connection = begin(relay, linked.access_token, body, "/v1/proxy/passthrough/openai/v1/chat/completions")
    answer = connection.getresponse()
    while not answer.readline().startswith(b'data: {"error"'):
        pass
    answer.close()
    connection.close()
    assert settled(linked.connection.id).entries[0].usage_source == "estimated"


def test_leaving_while_the_body_is_sent_makes_no_call(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    address = urlsplit(relay.base)
    with socket.create_connection((address.hostname, address.port)) as client:
        head = f"POST /v1/proxy/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {linked.access_token}\r\n"
        client.sendall(f"{head}Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{{".encode())
        time.sleep(0.1)
    time.sleep(0.2)
    assert provider.received == []
    assert money(linked.connection.id).held == 0


def test_leaving_while_waiting_for_room_makes_no_call(relay: Relay, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("usage.waiting.PATIENCE_SECONDS", 10.0)
    linked = make_connection(keys=KEYS, budget_cents=1)
    provider.will(whole(chat_answer(8, 600), wait_seconds=3.0), whole(chat_answer()))
    body = {"provider": "openai", **CHAT, "model": "gpt-4o", "max_tokens": 940}  # nearly a cent: no other fits beside it
    first = begin(relay, linked.access_token, body)
    wait_for(lambda: provider.received)
    second = begin(relay, linked.access_token, body)
    time.sleep(1.0)
    second.close()
    assert first.getresponse().status == 200
    first.close()
    found = settled(linked.connection.id)
    time.sleep(1.0)
    assert len(provider.received) == len(found.entries) == LedgerEntry.objects.count() == 1
    assert not Hold.objects.exists()


@pytest.mark.parametrize("status", ["revoked", "paused", "expired"])
@pytest.mark.parametrize("path", ["/v1/proxy/chat/completions", "/v1/proxy/passthrough/openai/v1/chat/completions"])
def test_a_running_stream_ends_within_a_second(relay: Relay, linked: Linked, provider: FakeProvider, path: str, status: str) -> None:
    provider.will(stream(*ENDLESS))
    body = {**CHAT, "stream": True} | ({"provider": "openai"} if "passthrough" not in path else {})
    answer = relay.post(path, linked.access_token, body, stream=True)
    lines = answer.iter_lines()
    assert next(lines)
    Connection.objects.filter(id=linked.connection.id).update(status=status)
    began = time.monotonic()
    text = b"\n".join(lines).decode()
    assert time.monotonic() - began < 1.5
    assert provider.last.abandoned.wait(1.0)
    event = text[text.index("event: error") :].split("\n")
    assert json.loads(event[1].removeprefix("data: "))["error"]["code"] == f"connection_{status}"
    assert "1relay cost-micros=" in text
    assert settled(linked.connection.id).entries[0].error_code == f"connection_{status}"


def test_a_call_that_waits_ends_with_its_connection(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    provider.will(whole(chat_answer(), wait_seconds=20))
    connection = begin(relay, linked.access_token, {"provider": "openai", **CHAT})
    wait_for(lambda: provider.received)
    Connection.objects.filter(id=linked.connection.id).update(status="revoked")
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["error"]["code"]) == (401, "connection_revoked")
    connection.close()
    assert provider.last.abandoned.wait(1.0)
    settled(linked.connection.id)


def test_a_provider_that_is_not_there_costs_nothing(relay: Relay, linked: Linked, settings: Any) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        settings.RELAY_UPSTREAMS = {"openai": f"http://127.0.0.1:{nobody.getsockname()[1]}"}
        answer = relay.chat(linked.access_token, {"provider": "openai", **CHAT})
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "provider_unreachable")
    wait_for(lambda: not Hold.objects.exists())
    found = money(linked.connection.id)
    assert (found.held, found.spent, found.entries) == (0, 0, [])


def test_a_provider_that_hangs_up_is_booked_by_estimate(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    answer_cut = whole(json.dumps(chat_answer()).encode() + b" " * 50)
    provider.will(type(answer_cut)((b'{"id": "x"', HALF_CLOSE), length=500))
    answer = relay.chat(linked.access_token, {"provider": "openai", **CHAT})
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "provider_unreachable")
    assert len(provider.received) == 1, "nothing is ever sent twice"
    entry = settled(linked.connection.id).entries[0]
    assert (entry.usage_source, entry.error_code) == ("estimated", "provider_unreachable")


def test_a_provider_that_is_silent_times_out(relay: Relay, linked: Linked, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy.pipeline.IDLE_SECONDS", 0.5)
    provider.will(stream(*events(chat_chunk("a"), done=False), 20.0))
    answer = relay.chat(linked.access_token, {"provider": "openai", **CHAT, "stream": True}, stream=True)
    assert '"provider_timeout"' in answer.text
    assert provider.last.abandoned.wait(1.0)
    assert settled(linked.connection.id).entries[0].error_code == "provider_timeout"


def test_a_relay_that_stops_settles_what_runs(relay: Relay, linked: Linked, provider: FakeProvider) -> None:
    provider.will(stream(*ENDLESS))
    answer = relay.chat(linked.access_token, {"provider": "openai", **CHAT, "stream": True}, stream=True)
    lines = answer.iter_lines()
    assert next(lines)
    relay.stop()
    assert provider.last.abandoned.wait(1.0)
    entry = settled(linked.connection.id).entries[0]
    assert (entry.usage_source, entry.error_code) == ("estimated", "interrupted")
    assert entry.output_tokens >= 1
    answer.close()


@pytest.mark.parametrize(
    ("name", "status", "body", "code"),
    [
        ("openai", 401, {"error": {"code": "invalid_api_key"}}, "key_invalid"),
        ("openai", 429, {"error": {"code": "insufficient_quota"}}, "key_quota_exhausted"),
        ("openai", 429, {"error": {"code": "rate_limit_exceeded"}}, None),
        ("openai", 400, {"error": {"code": "insufficient_quota"}}, None),
        ("anthropic", 401, {"error": {"type": "authentication_error"}}, "key_invalid"),
        ("anthropic", 400, {"error": {"message": "Your credit balance is too low to"}}, "key_quota_exhausted"),
        ("google", 400, {"error": {"details": [{"reason": "API_KEY_INVALID"}]}}, "key_invalid"),
        ("google", 400, {"error": {"message": "bad request"}}, None),
        ("groq", 401, {"error": {"code": "invalid_api_key"}}, "key_invalid"),
    ],
)
def test_a_refused_key_needs_attention(
    relay: Relay, linked: Linked, provider: FakeProvider, name: str, status: int, body: Any, code: str | None
) -> None:
    path, sent = {
        "openai": ("/v1/chat/completions", CHAT),
        "anthropic": ("/v1/messages", {"model": "claude-sonnet-4-5", "max_tokens": 10, "messages": HELLO}),
        "google": ("/v1beta/models/gemini-2.5-flash:generateContent", {"contents": []}),
        "groq": ("/openai/v1/chat/completions", {**CHAT, "model": "llama-3.1-8b-instant"}),
    }[name]
    provider.will(whole(body, status))
    answer = relay.passthrough(linked.access_token, name, path, sent)
    assert (answer.status_code, answer.json()) == (status, body)
    assert SealedKey.objects.get(connection=linked.connection, provider=name).attention_code == code
    assert settled(linked.connection.id).spent == 0


@pytest.mark.parametrize("streams", [False, True])
def test_a_call_that_works_again_takes_the_warning_back(relay: Relay, linked: Linked, provider: FakeProvider, streams: bool) -> None:
    def ask() -> int:
        return relay.passthrough(linked.access_token, "openai", "/v1/chat/completions", {**CHAT, "stream": streams}).status_code

    def warning() -> str | None:
        return SealedKey.objects.get(connection=linked.connection, provider="openai").attention_code

    provider.will(whole({"error": {"code": "insufficient_quota"}}, 429))
    assert (ask(), warning()) == (429, "key_quota_exhausted")
    provider.will(whole({"data": []}))
    assert relay.get("/v1/proxy/passthrough/openai/v1/models", linked.access_token).status_code == 200
    assert warning() == "key_quota_exhausted"  # a call that costs nothing works without credit
    provider.will(whole({"error": {"code": "server_error"}}, 500))
    assert (ask(), warning()) == (500, "key_quota_exhausted")
    provider.will(stream(*events(chat_chunk("Hi"), usage_chunk(1, 1))) if streams else whole(chat_answer()))
    assert (ask(), warning()) == (200, None)


@pytest.mark.parametrize("spoil", ["seal", "held", "another provider's", "another connection's", "no key in it"])
def test_a_key_that_does_not_open_is_unusable_and_costs_nothing(relay: Relay, linked: Linked, provider: FakeProvider, spoil: str) -> None:
    seals = SealedKey.objects.filter(connection=linked.connection, provider="openai")
    blob = seals.get().blob
    if spoil == "seal":
        seals.update(blob=blob[:-4] + ("AAAA" if blob[-4:] != "AAAA" else "BBBB"))
    elif spoil == "held":
        held = str(Connection.objects.get(id=linked.connection.id).held_key)
        Connection.objects.filter(id=linked.connection.id).update(held_key="A" * 8 + held[8:])
    elif spoil == "another provider's":
        seals.update(blob=SealedKey.objects.get(connection=linked.connection, provider="groq").blob)
    elif spoil == "no key in it":
        aad = connection_keys.sealed_key_aad(linked.connection.id, "openai")
        seals.update(blob=aead.seal(linked.connection_key, aad, b"sk-" + b"line\r\nfeed"))
    else:
        other = make_connection(keys={"openai": KEYS["openai"]})
        seals.update(blob=SealedKey.objects.get(connection=other.connection).blob)
    answer = relay.chat(linked.access_token, {"provider": "openai", **CHAT})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "connection_unusable")
    assert provider.received == []
    wait_for(lambda: not Hold.objects.exists())
    assert money(linked.connection.id).spent == 0
    assert not LedgerEntry.objects.exists()
    assert seals.get().attention_code == "connection_unusable"
