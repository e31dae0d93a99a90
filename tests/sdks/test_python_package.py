"""`onerelay` for Python against a live relay: its own calls, and the official SDKs made from its arguments."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import anthropic
import groq
import openai
import pytest
from google import genai

from onerelay import (
    ApiError,
    AsyncOneRelay,
    BudgetError,
    ConflictError,
    ConnectionEndedError,
    Limits,
    NotFoundError,
    OneRelay,
    ProviderError,
)
from tests.factories import make_app, make_person
from tests.fake_provider import whole
from tests.proxy.conftest import wait_for
from tests.sdks import vendors
from tests.sdks.javascript import CLAUDE, GEMINI, GPT, LLAMA
from tests.sdks.world import World, linked
from usage.models import Hold
from webhooks.services import endpoints

pytestmark = pytest.mark.sdks
HI: Any = [{"role": "user", "content": "Hi"}]
TOLD = "Hello there."


@pytest.fixture
def app(world: World) -> Any:
    """An app, its relay, and an access token of somebody who approved it."""
    product = make_app(make_person().user)
    given = {"client_id": product.app.client_id, "client_secret": product.secret, "base_url": world.origin}
    return given, linked(product=product)


def test_official_sdks_talk_with_our_arguments(world: World, app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")  # on people's machines; it must not send the call elsewhere
    given, connection = app
    token = {"access_token": connection.access_token}
    with OneRelay(**given) as client:
        with openai.OpenAI(**client.openai(**token)) as sdk:
            assert sdk.chat.completions.create(model=GPT, messages=HI).choices[0].message.content == TOLD
            assert sdk.responses.create(model=GPT, input="Hi").output_text == TOLD
        with openai.OpenAI(**client.openai_compatible(**token)) as sdk:
            for model in (f"openai/{GPT}", f"anthropic/{CLAUDE}", f"google/{GEMINI}", f"groq/{LLAMA}"):
                assert sdk.chat.completions.create(model=model, messages=HI).choices[0].message.content == TOLD
        with anthropic.Anthropic(**client.anthropic(**token)) as claude:
            said: Any = claude.messages.create(model=CLAUDE, max_tokens=100, messages=HI)
            assert said.content[0].text == TOLD
        google = genai.Client(**client.google(**token))
        assert google.models.generate_content(model=GEMINI, contents="Hi").text == TOLD
        google.close()
        with groq.Groq(**client.groq(**token)) as llama:
            assert llama.chat.completions.create(model=LLAMA, messages=HI).choices[0].message.content == TOLD


async def test_official_asynchronous_sdks_do_too(world: World, app: Any) -> None:
    given, connection = app
    token = {"access_token": connection.access_token}
    async with AsyncOneRelay(**given) as client:
        async with openai.AsyncOpenAI(**client.openai(**token)) as sdk:
            said = await sdk.chat.completions.create(model=GPT, messages=HI)
            assert said.choices[0].message.content == TOLD
        async with anthropic.AsyncAnthropic(**client.anthropic(**token)) as claude:
            answer: Any = await claude.messages.create(model=CLAUDE, max_tokens=100, messages=HI)
            assert answer.content[0].text == TOLD
        async with groq.AsyncGroq(**client.groq(**token)) as llama:
            other = await llama.chat.completions.create(model=LLAMA, messages=HI)
            assert other.choices[0].message.content == TOLD


def test_our_own_calls_reach_every_provider_and_are_booked(world: World, app: Any) -> None:
    given, connection = app
    token = {"access_token": connection.access_token}
    with OneRelay(**given) as client:
        session = client.create_link_session(requested_providers=["sandbox"], budget_suggestion_cents=100, idempotency_key="once")
        assert client.create_link_session(requested_providers=["sandbox"], budget_suggestion_cents=100, idempotency_key="once") == session
        assert client.get_link_session(session.id).status == "open"
        for provider, model in {"openai": GPT, "anthropic": CLAUDE, "google": GEMINI, "groq": LLAMA}.items():
            answer = client.chat_completion(**token, provider=provider, model=model, messages=HI)
            assert (answer.text, answer.usage and answer.usage.prompt_tokens) == (TOLD, vendors.INPUT_TOKENS)
            with client.chat_completion(**token, provider=provider, model=model, messages=HI, stream=True) as stream:
                assert "".join(chunk.text for chunk in stream) == TOLD
            assert stream.relay.request_id
            assert stream.relay.cost_micros is not None
        vectors = client.embeddings(**token, provider="sandbox", model="sandbox-small", input=["a", "b"])
        assert [len(one.embedding) for one in vectors.data] == [64, 64]
        with client.passthrough("sandbox", **token) as http:
            assert http.get("/v1/models").json()["object"] == "list"
        world.provider.will(whole({"error": {"message": "Too much at once", "type": "requests", "code": "rate"}}, 429), vendors.answer)
        with pytest.raises(ProviderError, match="Too much at once") as refused:
            client.chat_completion(**token, provider="openai", model=GPT, messages=HI)
        assert (refused.value.status, refused.value.details["provider"]) == (429, "openai")
        assert refused.value.request_id
        wait_for(lambda: not Hold.objects.exists())
        (listed,) = client.list_connections(status="active")
        assert listed == client.get_connection(connection.connection.id)
        assert listed.spent_micros > 0
        assert {row.provider for row in client.usage(group_by=["provider"]).items} >= {"openai", "anthropic", "google", "groq"}
        with pytest.raises(BudgetError) as poor:
            client.chat_completion(**token, provider="openai", model="gpt-4o", messages=[{"role": "user", "content": "x" * 5_000_000}])
        assert poor.value.code == "budget_exceeded"
        client.revoke_connection(listed.id)
        with pytest.raises(ConnectionEndedError):
            client.chat_completion(**token, provider="openai", model=GPT, messages=HI)


def test_the_sandbox_needs_no_browser_and_fails_on_demand(world: World, app: Any) -> None:
    given, connection = app
    hello: dict[str, Any] = {"provider": "sandbox", "model": "sandbox-small", "messages": HI}
    with OneRelay(**given) as client:
        linked = client.sandbox.link(budget_cents=100, client_user_id="visitor-1", limits=Limits(concurrency=2))
        exchange = client.exchange_public_token(linked.public_token, client_user_id="visitor-1")
        told = (exchange.connection_id, exchange.providers, exchange.budget_cents, exchange.limits.concurrency)
        assert told == (linked.connection_id, ("sandbox",), 100, 2)
        assert client.chat_completion(**hello, access_token=exchange.access_token).text
        with pytest.raises(ConflictError, match="webhook"):
            client.sandbox.fire(connection_id=exchange.connection_id, type="budget.exhausted")
        product = connection.connection.app
        product.webhook_url = "https://hooks.example/1relay"
        product.save()
        endpoints.rotate_secret(product, immediately=False, now=datetime.now(UTC))
        connection_id = exchange.connection_id
        delivery = client.sandbox.fire(connection_id=connection_id, type="budget.exhausted")
        assert (delivery.type, delivery.connection_id) == ("budget.exhausted", exchange.connection_id)
        with pytest.raises(NotFoundError):
            client.sandbox.fire(connection_id=connection.connection.id, type="budget.exhausted")
    asyncio.run(_fails_on_demand(given, hello))


async def _fails_on_demand(given: dict[str, Any], hello: dict[str, Any]) -> None:
    async with AsyncOneRelay(**given) as other:
        invalid = await other.exchange_public_token((await other.sandbox.link(outcome="invalid")).public_token)
        with pytest.raises(ApiError):
            await other.chat_completion(**hello, access_token=invalid.access_token)
        fired = await other.sandbox.fire(connection_id=invalid.connection_id, type="key.invalid")
        assert fired.sequence is not None


async def test_leaving_a_stream_ends_the_call_at_the_provider(world: World, app: Any) -> None:
    given, connection = app
    chat: dict[str, Any] = {"access_token": connection.access_token, "provider": "openai", "model": GPT, "messages": HI, "stream": True}
    world.provider.will(vendors.slowly)
    with OneRelay(**given) as client, client.chat_completion(**chat) as stream:
        next(iter(stream))
    assert world.provider.last.abandoned.wait(2)
    async with AsyncOneRelay(**given) as other, await other.chat_completion(**chat) as answer:
        async for _ in answer:
            break
    assert world.provider.last.abandoned.wait(2)
