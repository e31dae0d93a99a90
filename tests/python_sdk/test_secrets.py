"""No secret shows: not in what is printed, raised with its variables, logged, or pickled."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from onerelay import ApiError, AsyncOneRelay, OneRelay, OneRelayError, webhooks
from onerelay._credentials import Credential
from tests.fake_provider import RESET, Answer, FakeProvider, whole
from tests.python_sdk.parties import (
    ACCESS_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    CONNECTION_ID,
    PUBLIC_TOKEN,
    SECRETS,
    WEBHOOK_SECRET,
    Way,
    ok,
    refusal,
    streamed,
)
from tests.python_sdk.test_calls import EXCHANGED, SESSION

BASIC = httpx.BasicAuth(CLIENT_ID, CLIENT_SECRET)._auth_header.removeprefix("Basic ")
CHAT: dict[str, Any] = {"provider": "sandbox", "model": "m", "messages": []}
HEADERS = {"webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": "v1,x"}


def shown(error: BaseException) -> str:
    """Everything a tool could print of an error but what stands in the files of this test: each frame of the package with its locals."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    found = [str(error), repr(error), repr(error.__cause__), repr(error.__context__), repr(vars(error))]
    for frame in told.stack:
        if "/onerelay/" in frame.filename:
            found += (frame.locals or {}).values()
    assert len(found) > 5, "no frame of the package"
    return "\n".join(found)


def assert_nothing_in(text: str) -> None:
    """None of the secrets, in any of the forms they travel in."""
    assert not [secret for secret in (*SECRETS, BASIC) if secret[6:] in text], text


async def raised_by(call: Callable[[], Awaitable[object]]) -> OneRelayError | None:
    """The error, if there is one."""
    try:
        await call()
    except OneRelayError as error:
        return error
    return None


@pytest.mark.parametrize(
    "answer",
    [
        refusal("invalid_token", 401), whole(b"<html>"), Answer((RESET,), length=9),
        whole({"success": True, "data": {**EXCHANGED, "limits": 1}}),
        ok({**SESSION, "expiresAt": 1}), refusal("rate_limited", 429, retry_after="99"), streamed(b"event: error\ndata: {}\n\n"),
    ],
    ids=["refused", "not json", "broken", "unreadable exchange", "unreadable session", "too many", "stream"],
)  # fmt: skip
async def test_no_error_shows_a_secret(way: Way, relay: FakeProvider, answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    relay.will(answer)

    async def streams() -> None:
        await way.texts(await way.call("chat_completion", access_token=ACCESS_TOKEN, stream=True, **CHAT))

    calls = (
        lambda: way.call("exchange_public_token", PUBLIC_TOKEN),
        lambda: way.call("create_link_session", requested_providers=["openai"]),
        lambda: way.call("embeddings", access_token=ACCESS_TOKEN, provider="openai", model="m", input="a"),
        lambda: way.call("chat_completion", access_token=ACCESS_TOKEN, **{**CHAT, "model": {1}}),
        lambda: way.call("chat_completion", access_token=f"{ACCESS_TOKEN}\n", **CHAT),
        lambda: way.call("exchange_public_token", f"{PUBLIC_TOKEN} "),
        lambda: way.call("exchange_public_token", PUBLIC_TOKEN, client_user_id="\ud800"),
        lambda: way.call("exchange_public_token", PUBLIC_TOKEN, idempotency_key="ü"),
        streams,
    )
    errors = [error for call in calls if (error := await raised_by(call))]
    assert len(errors) >= 7
    for error in errors:
        assert_nothing_in(shown(error))
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again)) == (type(error), str(error))
        if isinstance(error, ApiError):
            assert (again.code, again.request_id, again.details) == (error.code, error.request_id, error.details)
    assert_nothing_in(caplog.text)


def test_no_wrong_argument_shows_a_secret() -> None:
    for kind in (OneRelay, AsyncOneRelay):
        for over in ({"client_id": "x"}, {"client_secret": f"{CLIENT_SECRET}\n"}, {"base_url": "x"}):
            given: dict[str, Any] = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "base_url": "https://relay.example", **over}
            with pytest.raises(OneRelayError) as raised:
                kind(**given)
            assert_nothing_in(shown(raised.value))
    client = OneRelay(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, base_url="https://relay.example")
    for give in (client.openai, client.openai_compatible, client.anthropic, client.google, client.groq):
        with pytest.raises(OneRelayError) as raised:
            give(access_token=f"{ACCESS_TOKEN}\n")
        assert_nothing_in(shown(raised.value))
    with pytest.raises(OneRelayError) as raised:
        client.passthrough("openai", access_token=f"{ACCESS_TOKEN}\n")
    assert_nothing_in(shown(raised.value))
    for secret in (WEBHOOK_SECRET, WEBHOOK_SECRET + "!", [WEBHOOK_SECRET, "x"]):
        with pytest.raises(OneRelayError) as raised:
            webhooks.verify(b"{}", HEADERS, secret)
        assert_nothing_in(shown(raised.value))


async def test_nothing_printed_shows_a_secret(way: Way, relay: FakeProvider) -> None:
    relay.will(ok(SESSION), ok(EXCHANGED), streamed())
    answers = [
        await way.call("create_link_session", requested_providers=["openai"]),
        await way.call("exchange_public_token", PUBLIC_TOKEN),
        await way.call("chat_completion", access_token=ACCESS_TOKEN, stream=True, **CHAT),
    ]
    assert answers[1].access_token == ACCESS_TOKEN
    client, nouns = way.client, way.client._nouns
    options = [give(access_token=ACCESS_TOKEN) for give in (client.openai, client.anthropic, client.google, client.groq)]
    assert [option["api_key"] for option in options] == [ACCESS_TOKEN] * 4
    http = client.passthrough("openai", access_token=ACCESS_TOKEN)
    asked = nouns.exchange_public_token(PUBLIC_TOKEN, None, None, None)
    things = [client, vars(client), nouns, vars(nouns), *answers, *options, http, vars(http), vars(http._auth), asked, asked.call]
    for thing in things:
        assert_nothing_in(f"{thing!r} {thing!s} {thing}")
    for thing in (client, Credential.bearer(ACCESS_TOKEN)):
        for copied in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="not pickled"):
                copied(thing)
        with pytest.raises(TypeError):
            json.dumps(thing)
    assert CONNECTION_ID in repr(answers[1])
    if way.awaits:
        await answers[2].close()
        await http.aclose()
    else:
        answers[2].close()
        http.close()
