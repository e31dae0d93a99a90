"""What each method sends and answers, what it raises, and when it tries again."""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

import onerelay
from onerelay import ApiError, AsyncOneRelay, CallTimeoutError, ConnectionFailedError, Limits, OneRelay, ProviderError, UsageError
from onerelay._codes import STATUS_OF_CODE
from onerelay._nouns import EMBEDDINGS_ELSEWHERE
from onerelay.errors import api_error
from onerelay.types import LinkEvent, Period
from tests.fake_provider import RESET, Answer, FakeProvider, chat_answer, whole
from tests.python_sdk.conftest import Make
from tests.python_sdk.parties import (
    ACCESS_TOKEN,
    CHAT,
    CLIENT_ID,
    CLIENT_SECRET,
    CONNECTION_ID,
    LINK_TOKEN,
    PUBLIC_TOKEN,
    SESSION_ID,
    Way,
    ok,
    refusal,
)

SPEC = Path(__file__).resolve().parents[2] / "spec"
ERRORS = json.loads((SPEC / "errors.json").read_text())["errors"]
AT = "2026-11-23T04:56:01Z"
THEN = datetime(2026, 11, 23, 4, 56, 1, tzinfo=UTC)
SESSION = {"id": SESSION_ID, "linkToken": LINK_TOKEN, "linkUrl": "u", "frameUrl": "f", "expiresAt": AT}
EXCHANGED = {
    "accessToken": ACCESS_TOKEN, "connectionId": CONNECTION_ID, "linkSessionId": SESSION_ID, "clientUserId": None,
    "providers": ["openai"], "budgetCents": 500, "limits": {"models": ["gpt-4o"], "expiresAt": AT},
}  # fmt: skip
CONNECTION = {
    "id": CONNECTION_ID, "app": {"name": "Quill", "clientId": CLIENT_ID}, "personal": False, "status": "active",
    "needsAttention": {"code": "key_invalid", "provider": "openai", "since": AT}, "providers": ["openai"], "budgetCents": 500,
    "limits": {}, "spentMicros": 1, "heldMicros": 2, "period": {"start": AT, "end": AT}, "createdAt": AT, "lastUsedAt": None, "new": 1,
}  # fmt: skip
RESET_AT_ONCE = Answer((RESET,), headers=())
DRIPPING = Answer((b" ", 0.05) * 100, headers=())
CALLED = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
SUMS = {"requests": 1, "errors": 0, "inputTokens": 2, "outputTokens": 3, "cachedInputTokens": 0, "costMicros": 4}


async def test_each_method_sends_what_the_relay_takes(way: Way, relay: FakeProvider) -> None:
    relay.will(ok(SESSION))
    asked = {"requested_providers": ("openai",), "budget_suggestion_cents": 1000, "limits": Limits(models=["m"], expires_at=THEN)}
    session = await way.call("create_link_session", **asked, client_user_id="7", idempotency_key="once")
    assert (session.link_token, session.expires_at) == (LINK_TOKEN, THEN)
    sent = relay.last
    assert (sent.method, sent.target) == ("POST", "/v1/link/sessions")
    limits = {"models": ["m"], "expiresAt": "2026-11-23T04:56:01+00:00"}
    assert sent.json == {"requestedProviders": ["openai"], "budgetSuggestionCents": 1000, "limits": limits, "clientUserId": "7"}
    assert sent.headers["authorization"] == httpx.BasicAuth(CLIENT_ID, CLIENT_SECRET)._auth_header
    assert (sent.headers["idempotency-key"], sent.headers["accept-encoding"]) == ("once", "identity")
    assert sent.headers["user-agent"] == f"onerelay-python/{onerelay.__version__}"

    relay.will(ok(EXCHANGED))
    exchange = await way.call("exchange_public_token", PUBLIC_TOKEN, client_user_id="7")
    assert (exchange.access_token, exchange.limits) == (ACCESS_TOKEN, Limits(models=("gpt-4o",), expires_at=THEN))
    assert relay.last.json == {"publicToken": PUBLIC_TOKEN, "clientUserId": "7"}
    assert len(relay.last.headers["idempotency-key"]) == 36

    relay.will(ok({"id": SESSION_ID, "status": "exited", "events": [{"name": "EXIT", "at": AT}]}))
    status = await way.call("get_link_session", SESSION_ID)
    assert (status.status, status.events, status.connection_id) == ("exited", (LinkEvent(name="EXIT", at=THEN),), None)

    relay.will(ok({"items": [CONNECTION], "nextCursor": "more"}), ok(CONNECTION), ok({}))
    page = await way.call("list_connections", status="active", limit=1)
    assert (relay.last.target, page.next_cursor) == ("/v1/connections?status=active&limit=1", "more")
    assert [connection.period for connection in page] == [Period(start=THEN, end=THEN)]
    assert await way.call("get_connection", CONNECTION_ID) == page.items[0]
    assert await way.call("revoke_connection", CONNECTION_ID) is None
    assert (relay.last.method, relay.last.target) == ("DELETE", f"/v1/connections/{CONNECTION_ID}")

    relay.will(ok({"items": [{**SUMS, "day": "2026-11-01", "app": None}], "totals": SUMS}))
    report = await way.call("usage", start=date(2026, 11, 1), end=THEN, group_by=["day", "app"])
    assert relay.last.target == "/v1/usage?from=2026-11-01&to=2026-11-23T04%3A56%3A01%2B00%3A00&groupBy=day%2Capp"
    assert (report.items[0].day, report.items[0].app, report.totals.cost_micros) == (date(2026, 11, 1), None, 4)


async def test_the_sandbox_links_once_and_fires_but_never_twice(way: Way, relay: FakeProvider) -> None:
    made = {"publicToken": PUBLIC_TOKEN, "connectionId": CONNECTION_ID, "linkSessionId": SESSION_ID, "expiresAt": AT}
    relay.will(RESET_AT_ONCE, ok(made))
    linked = await way.call("sandbox.link", outcome="dies", budget_cents=100, limits=Limits(concurrency=1), idempotency_key="once")
    assert (linked.public_token, linked.expires_at, len(relay.received)) == (PUBLIC_TOKEN, THEN, 2)
    assert PUBLIC_TOKEN not in repr(linked)
    assert (relay.last.target, relay.last.headers["idempotency-key"]) == ("/v1/sandbox/link", "once")
    assert relay.last.json == {"outcome": "dies", "budgetCents": 100, "limits": {"concurrency": 1}}
    tried = {"at": AT, "httpStatus": 204, "why": None, "latencyMs": 3, "answer": ""}
    told = {"id": "msg_1", "type": "key.invalid", "connectionId": CONNECTION_ID, "sequence": 2, "status": "pending", "body": "{}"}
    relay.will(ok({**told, "attempts": [tried], "nextAttemptAt": AT, "deliveredAt": None, "createdAt": AT}), RESET_AT_ONCE)
    delivery = await way.call("sandbox.fire", connection_id=CONNECTION_ID, type="key.invalid")
    assert (delivery.sequence, delivery.attempts[0].http_status, delivery.next_attempt_at) == (2, 204, THEN)
    assert relay.last.json == {"connectionId": CONNECTION_ID, "type": "key.invalid"}
    with pytest.raises(ConnectionFailedError):
        await way.call("sandbox.fire", connection_id=CONNECTION_ID, type="key.invalid")
    assert len(relay.received) == 4


async def test_a_chat_answers_in_openais_words(way: Way, relay: FakeProvider) -> None:
    message = {"role": "assistant", "content": None, "thinking_blocks": [1], "tool_calls": [CALLED]}
    relay.will(
        ok({**chat_answer(), "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}, x_1relay_cost_micros="5")
    )
    answer = await way.call("chat_completion", **CHAT, temperature=0)
    assert relay.last.headers["authorization"] == f"Bearer {ACCESS_TOKEN}"
    assert (relay.last.json["temperature"], "stream" in relay.last.json) == (0, False)
    assert (answer.text, answer.choices[0].message.tool_calls[0].function.name) == ("", "f")
    assert (answer.usage.total_tokens, answer.relay.cost_micros, answer.raw["object"]) == (15, 5, "chat.completion")
    said = answer.choices[0].message
    await way.call("chat_completion", **{**CHAT, "messages": [*CHAT["messages"], said]})
    assert relay.last.json["messages"][1] == message, "what the model said goes back as it came"
    relay.will(ok({"id": "x", "choices": [{"message": {"content": [{"type": "text"}]}}], "usage": "none"}))
    odd = await way.call("chat_completion", **CHAT)
    assert (odd.text, odd.usage, odd.model) == ("", None, "")


async def test_embeddings_and_passthrough_are_the_providers_own(make: Make, relay: FakeProvider) -> None:
    way = make()
    relay.will(whole({"object": "list", "model": "e", "data": [{"index": 0, "embedding": [0.5, 1]}], "usage": {"prompt_tokens": 3}}))
    found = await way.call("embeddings", access_token=ACCESS_TOKEN, provider="openai", model="e", input=["a"], dimensions=2)
    assert (found.data[0].embedding, found.usage.prompt_tokens) == ((0.5, 1.0), 3)
    assert (relay.last.target, relay.last.json) == (
        "/v1/proxy/passthrough/openai/v1/embeddings",
        {"model": "e", "input": ["a"], "dimensions": 2},
    )
    relay.will(whole({"error": {"message": "No such model"}}, 404))
    with pytest.raises(ProviderError, match="No such model") as refused:
        await way.call("embeddings", access_token=ACCESS_TOKEN, provider="openai", model="e", input="a")
    assert (refused.value.status, refused.value.details["provider"]) == (404, "openai")
    relay.will(refusal("provider_not_granted", 403, x_1relay_error="provider_not_granted"))
    with pytest.raises(onerelay.PermissionDeniedError):
        await way.call("embeddings", access_token=ACCESS_TOKEN, provider="openai", model="e", input="a")

    relay.will(whole({"data": []}))
    http = way.client.passthrough("anthropic", access_token=ACCESS_TOKEN)
    answer = await way.request(http, "GET", "/v1/models?limit=2")
    assert (answer.json(), relay.last.target) == ({"data": []}, "/v1/proxy/passthrough/anthropic/v1/models?limit=2")
    assert relay.last.headers["authorization"] == f"Bearer {ACCESS_TOKEN}"
    calls = len(relay.received)
    elsewhere = (
        relay.base.replace("127.0.0.1", "localhost"),
        f"{relay.base}/v1/openai/models",
        f"{relay.base}/v1/proxy/passthrough/anthropic/../../../apps",
    )
    for address in elsewhere:
        with pytest.raises(UsageError, match="not whole addresses"):
            await way.request(way.client.passthrough("anthropic", access_token=ACCESS_TOKEN), "GET", address)
    assert len(relay.received) == calls, "the token went elsewhere"


def test_embeddings_paths_are_those_of_the_providers() -> None:
    providers = json.loads((SPEC / "providers.json").read_text())["providers"]
    calls = [(provider["id"], call["path"]) for provider in providers for call in provider["calls"]]
    known = {name: path for name, path in calls if path.endswith("/embeddings")}
    assert {name: path for name, path in known.items() if path != "/v1/embeddings"} == EMBEDDINGS_ELSEWHERE


async def test_every_code_has_its_class(way: Way, relay: FakeProvider) -> None:
    assert {error["code"]: error["status"] for error in ERRORS} == STATUS_OF_CODE
    classes = {
        400: onerelay.InvalidRequestError, 401: onerelay.AuthenticationError, 402: onerelay.BudgetError,
        403: onerelay.PermissionDeniedError,
        404: onerelay.NotFoundError, 405: onerelay.InvalidRequestError, 406: onerelay.InvalidRequestError, 409: onerelay.ConflictError,
        410: onerelay.ConflictError, 413: onerelay.InvalidRequestError, 415: onerelay.InvalidRequestError, 429: onerelay.RateLimitError,
        500: onerelay.ServerError, 502: onerelay.ServerError, 503: onerelay.ServerError, 504: onerelay.ServerError,
    }  # fmt: skip
    for error in ERRORS:
        relay.will(refusal(error["code"], error["status"], {"fields": {"a": ["b"]}}))
        with pytest.raises(ApiError) as raised:
            await way.call("get_connection", CONNECTION_ID)
        told = raised.value
        ended = error["code"] in {"connection_revoked", "connection_expired"}
        assert type(told) is (onerelay.ConnectionEndedError if ended else classes[error["status"]])
        assert (told.code, told.status, told.message) == (error["code"], error["status"], f"about {error['code']}")
        assert (told.request_id, told.details, told.__context__) == ("req_frombody", {"fields": {"a": ["b"]}}, None)


async def test_what_is_not_the_relays_is_told_as_such(way: Way, relay: FakeProvider) -> None:
    relay.will(whole({"error": {"message": "Bad key"}}, 401, {"x-1relay-provider-error": "openai"}))
    with pytest.raises(ProviderError, match="Bad key") as raised:
        await way.call("chat_completion", **CHAT)
    assert (raised.value.status, raised.value.details["provider"]) == (401, "openai")
    relay.will(whole(b"<html>Bad gateway", 502, {"content-type": "text/html"}))
    with pytest.raises(onerelay.ServerError) as gateway:
        await way.call("get_connection", CONNECTION_ID)
    assert (gateway.value.code, gateway.value.request_id) == ("unknown", None)
    for answer in (
        whole(b"<html>"),
        ok({**CONNECTION, "status": None}),
        ok({}),
        ok([]),
        whole({"success": True}),
        ok({**CONNECTION, "createdAt": "soon"}),
    ):
        relay.will(answer)
        with pytest.raises(ConnectionFailedError):
            await way.call("get_connection", CONNECTION_ID)
    relay.will(Answer((b"",), 302, (("location", relay.base + "/v1/elsewhere"),), length=0))
    with pytest.raises(ApiError):
        await way.call("get_connection", CONNECTION_ID)
    assert relay.last.target == f"/v1/connections/{CONNECTION_ID}", "redirects are not followed"


async def test_only_what_the_relay_marks_and_what_is_safe_is_tried_again(
    make: Make, relay: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.random", lambda: -0.99)
    reset = Answer((RESET,), length=9)

    async def tries(name: str, *args: Any, answers: tuple[Answer, ...], good: Any = None, **given: Any) -> int:
        relay.received.clear()
        relay.will(*answers, *([ok(good)] if good is not None else []))
        try:
            await make().call(name, *args, **given)
        except (ApiError, ConnectionFailedError):
            assert good is None
        return len(relay.received)

    again = refusal("rate_limited", 429, retry_after="0")
    later = refusal("service_unavailable", 503, retry_after=(datetime.now(UTC) - timedelta(days=1)).strftime("%a, %d %b %Y %H:%M:%S GMT"))
    assert await tries("chat_completion", **CHAT, answers=(again, later), good=chat_answer()) == 3
    assert await tries("exchange_public_token", PUBLIC_TOKEN, answers=(reset, again), good=EXCHANGED) == 3
    assert len({sent.headers["idempotency-key"] for sent in relay.received}) == 1, "one intent, one key"
    assert await tries("get_connection", CONNECTION_ID, answers=(reset, reset), good=CONNECTION) == 3
    assert await tries("get_connection", CONNECTION_ID, answers=(reset,)) == 3
    for answer in (
        refusal("rate_limited", 429), refusal("rate_limited", 429, retry_after="31"), refusal("rate_limited", 429, retry_after="soon"),
        refusal("rate_limited", 429, retry_after="0", x_should_retry="false"), refusal("conflict", 409, retry_after="0"),
        refusal("provider_unreachable", 502, retry_after="0"), reset,
    ):  # fmt: skip
        assert await tries("chat_completion", **CHAT, answers=(answer,)) == 1
    relay.received.clear()
    relay.will(again)
    with pytest.raises(onerelay.RateLimitError) as raised:
        await make(max_retries=0).call("get_connection", CONNECTION_ID)
    assert (raised.value.retry_after, len(relay.received)) == (0.0, 1)


async def test_time_outs_are_of_the_whole_answer_and_not_tried_again(make: Make, relay: FakeProvider) -> None:
    relay.will(whole({}, wait_seconds=60), DRIPPING)
    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(CallTimeoutError, match=r"0\.3 seconds") as raised:
            await make(timeout=0.3).call("get_connection", CONNECTION_ID)
        assert isinstance(raised.value, TimeoutError)
        assert raised.value.__context__ is None
        assert time.monotonic() - began < 3
        assert relay.last.abandoned.wait(1)
    assert len(relay.received) == 2


async def test_a_relay_that_is_not_there(make: Make) -> None:
    for address, why in (("http://127.0.0.1:9", "Connection refused"), ("http://nowhere.invalid", r"\(")):
        way = make(max_retries=0)
        way.client._sender.base_url = address
        with pytest.raises(ConnectionFailedError, match=why) as raised:
            await way.call("get_connection", CONNECTION_ID)
        assert isinstance(raised.value, ConnectionError)
        assert raised.value.__context__ is None


async def test_what_cannot_work_is_refused_before_it_is_sent(way: Way, relay: FakeProvider) -> None:
    for name, args, given in (
        ("get_connection", ("../../apps",), {}), ("revoke_connection", ("",), {}), ("get_link_session", ("lks_x/y",), {}),
        ("exchange_public_token", (ACCESS_TOKEN,), {}), ("exchange_public_token", (PUBLIC_TOKEN,), {"idempotency_key": "a\nb"}),
        ("chat_completion", (), {**CHAT, "access_token": ACCESS_TOKEN + "\n"}), ("chat_completion", (), {**CHAT, "x": {1, 2}}),
        ("chat_completion", (), {**CHAT, "access_token": None}), ("chat_completion", (), {**CHAT, "model": float("nan")}),
        ("chat_completion", (), {**CHAT, "model": "\ud800"}), ("usage", (), {"group_by": "day"}),
        ("embeddings", (), {"access_token": ACCESS_TOKEN, "provider": "../x", "model": "m", "input": "a"}),
    ):  # fmt: skip
        with pytest.raises(UsageError):
            await way.call(name, *args, **given)
    assert relay.received == []
    for kind in (OneRelay, AsyncOneRelay):
        for over in (
            {"client_id": CLIENT_SECRET},
            {"client_secret": " "},
            {"base_url": "relay.example"},
            {"base_url": "https://a:b@c"},
            {"base_url": None},
        ):
            with pytest.raises(UsageError):
                kind(**{"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "base_url": relay.base, **over})  # type: ignore[arg-type]


async def test_a_transport_of_ones_own_takes_the_networks_place() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"success": True, "data": CONNECTION})

    given: dict[str, Any] = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "base_url": "https://relay.example/prefix/"}
    with OneRelay(**given, transport=httpx.MockTransport(answer)) as client:
        assert client.get_connection(CONNECTION_ID).id == CONNECTION_ID
    async with AsyncOneRelay(**given, transport=httpx.MockTransport(answer)) as other:
        assert (await other.get_connection(CONNECTION_ID)).id == CONNECTION_ID
    assert repr(client) == "OneRelay(base_url='https://relay.example/prefix')"


async def test_each_attempt_is_a_line_of_the_log(way: Way, relay: FakeProvider, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "onerelay")
    relay.will(ok({"items": [], "nextCursor": None}))
    await way.call("list_connections", cursor="secret-cursor")
    lines = [record.getMessage() for record in caplog.records if record.name == "onerelay"]
    assert len(lines) == 1
    assert lines[0].startswith("GET /v1/connections 200 req_fromheader ")


def test_a_failure_without_a_class_of_its_own_has_one() -> None:
    assert type(api_error(onerelay.errors.Failure(status=418, code="x", message="y"))) is onerelay.InvalidRequestError
