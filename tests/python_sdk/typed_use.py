"""What an editor knows of the package: checked by mypy, as `assert_type` and each unused `type: ignore` are errors there; never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from typing import Any, Literal, assert_never, assert_type

import anthropic
import groq
import httpx
import openai
from google import genai

from onerelay import AsyncChatStream, AsyncOneRelay, ChatStream, Limits, OneRelay, webhooks
from onerelay.events import (
    BudgetExhausted,
    BudgetReset,
    BudgetThresholdReached,
    ConnectionCreated,
    ConnectionExpired,
    ConnectionNeedsAttention,
    ConnectionRepaired,
    ConnectionRevoked,
    ConnectionUpdated,
    KeyInvalid,
    LinkSessionFinished,
    UnknownEvent,
    WebhookEvent,
    WebhookTest,
)
from onerelay.types import (
    CallReport,
    ChatCompletion,
    ChatCompletionChunk,
    Connection,
    ConnectionStatus,
    Exchange,
    Page,
    SandboxLink,
    WebhookDelivery,
)


def used_plainly(client: OneRelay, token: str, yes: bool) -> None:
    session = client.create_link_session(requested_providers=["openai"], limits=Limits(models=["gpt-4o"]))
    assert_type(session.expires_at, datetime)
    client.create_link_session(budget_suggestion_cents=1)  # type: ignore[call-arg]
    client.create_link_session(requested_providers=["openai"], colour="red")  # type: ignore[call-arg]
    client.create_link_session(requested_providers=["openai"], response_mode="query?")  # type: ignore[arg-type]
    assert_type(client.exchange_public_token("x", client_user_id="1"), Exchange)
    assert_type(client.sandbox.link(outcome="dies").public_token, str)
    client.sandbox.link(outcome="sings")  # type: ignore[arg-type]
    assert_type(client.sandbox.fire(connection_id="con_", type="key.invalid"), WebhookDelivery)
    client.sandbox.fire(connection_id="con_", type="key.lost")  # type: ignore[arg-type]
    said: list[dict[str, Any]] = [{"role": "user", "content": "Hi"}]
    answer = client.chat_completion(access_token=token, provider="openai", model="gpt-4o", messages=said, temperature=0)
    assert_type(answer, ChatCompletion)
    assert_type(answer.text, str)
    assert_type(answer.relay, CallReport)
    stream = client.chat_completion(access_token=token, provider="openai", model="gpt-4o", messages=said, stream=True)
    assert_type(stream, ChatStream)
    assert_type(iter(stream), Iterator[ChatCompletionChunk])
    both = client.chat_completion(access_token=token, provider="o", model="m", messages=[*said, answer.choices[0].message], stream=yes)
    assert_type(both, ChatCompletion | ChatStream)
    client.chat_completion(provider="openai", model="gpt-4o", messages=said)  # type: ignore[call-overload]
    assert_type(client.list_connections(status="active"), Page[Connection])
    for connection in client.list_connections():
        assert_type(connection.status, ConnectionStatus)
        assert_type(connection.limits.models, Sequence[str] | None)
    client.list_connections(status="asleep")  # type: ignore[arg-type]
    client.usage(group_by=["week"])  # type: ignore[list-item]
    assert_type(client.passthrough("openai", access_token=token), httpx.Client)
    openai.OpenAI(**client.openai(access_token=token))
    openai.AsyncOpenAI(**client.openai_compatible(access_token=token))
    anthropic.Anthropic(**client.anthropic(access_token=token))
    groq.Groq(**client.groq(access_token=token))
    genai.Client(**client.google(access_token=token))


async def used_asynchronously(client: AsyncOneRelay, token: str) -> None:
    answer = await client.chat_completion(access_token=token, provider="openai", model="gpt-4o", messages=[])
    assert_type(answer, ChatCompletion)
    assert_type(await client.sandbox.link(), SandboxLink)
    stream = await client.chat_completion(access_token=token, provider="openai", model="gpt-4o", messages=[], stream=True)
    assert_type(stream, AsyncChatStream)
    assert_type(aiter(stream), AsyncIterator[ChatCompletionChunk])
    assert_type(client.passthrough("openai", access_token=token), httpx.AsyncClient)
    assert_type(await client.list_connections(), Page[Connection])


def told_by_webhooks(body: bytes, request: httpx.Request) -> str:
    event = webhooks.verify(body, request.headers, "whsec_…")
    assert_type(event, WebhookEvent)
    match event:
        case ConnectionRevoked():
            assert_type(event.reason, Literal["user", "app", "no_key_left", "app_deleted"])
            return event.connection_id
        case ConnectionCreated() | ConnectionUpdated() | ConnectionNeedsAttention() | ConnectionRepaired() | ConnectionExpired():
            return event.status
        case BudgetThresholdReached() | BudgetExhausted() | BudgetReset():
            return str(event.spent_micros)
        case KeyInvalid():
            return event.code
        case LinkSessionFinished():
            return event.outcome
        case WebhookTest():
            return event.app_id
        case UnknownEvent():
            return event.type
        case _:
            assert_never(event)
