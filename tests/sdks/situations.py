"""Every refusal of the relay that a call through an SDK can meet, brought about as it comes about in life."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from linkflow.models import Connection, SealedKey
from relay.core.errors import ALL_ERRORS
from tests.fake_provider import chat_answer, whole
from tests.proxy.conftest import KEYS, money, wait_for
from tests.sdks.asking import Ask, Sdk
from tests.sdks.world import World, linked
from usage.models import Budget, Hold

Prepare = Callable[[World, Sdk], Ask]


@dataclass(frozen=True)
class Situation:
    """Which refusal is met, what it says, and how to get there.

    `reaches` counts the calls that get to the provider. SDKs whose names begin as one of `only`, and as none of `never`, can
    get there.
    """

    id: str
    code: str
    says: str
    prepare: Prepare
    reaches: int = 0
    only: tuple[str, ...] = ("",)
    never: tuple[str, ...] = ()

    @property
    def status(self) -> int:
        """The refusal's HTTP status."""
        return ALL_ERRORS[self.code].status

    @property
    def invites_again(self) -> bool:
        """Whether the relay asks to be called again later, by Retry-After."""
        return self.status in {429, 503}


SITUATIONS: list[Situation] = []


def pairs(sdks: Iterable[Sdk]) -> list[Any]:
    """Each SDK in each situation it can get into, as parameters of a test."""
    possible = ((sdk, met) for sdk in sdks for met in SITUATIONS if sdk.id.startswith(met.only) and not sdk.id.startswith(met.never))
    return [pytest.param(sdk, met, id=f"{sdk.id}-{met.id}") for sdk, met in possible]


def _meets(code: str, says: str | None = None, **more: Any) -> Callable[[Prepare], Prepare]:
    def add(prepare: Prepare) -> Prepare:
        message = says or ALL_ERRORS[code].message
        SITUATIONS.append(Situation(prepare.__name__, code, message, prepare, **more))
        return prepare

    return add


def revoke(connection_id: str) -> None:
    """As DELETE /v1/connections/:id leaves it for the proxy."""
    Connection.objects.filter(id=connection_id).update(status="revoked")


# Anthropic's own refuse such a limit before they send it; the AI SDK lowers it to what Claude can do.
@_meets("invalid_request", "Correct the named fields", never=("python anthropic", "js anthropic", "vercel anthropic"))
def an_output_limit_beyond_all_measure(world: World, sdk: Sdk) -> Ask:
    return world.ask(sdk, linked(), max_tokens=2_000_000_000)


@_meets("invalid_request", "Two different credentials came in one request.")
def two_credentials(world: World, sdk: Sdk) -> Ask:
    return world.ask(sdk, linked(), headers={"api-key": "another"})


@_meets("invalid_json", "nested more than 64 deep")
def a_schema_nested_too_deep(world: World, sdk: Sdk) -> Ask:
    return world.ask(sdk, linked(), tool=True, schema_depth=70)


@_meets("unauthenticated", "Use `Authorization: Bearer`")
def another_kind_of_credential(world: World, sdk: Sdk) -> Ask:
    return world.ask(sdk, linked(), headers={"Authorization": "Basic YTpi"})


@_meets("invalid_token", "This is not a valid access token.")
def a_mistyped_token(world: World, sdk: Sdk) -> Ask:
    return world.ask(sdk, linked(), token="1r_at_" + "0" * 49)


@_meets("connection_revoked")
def a_revoked_connection(world: World, sdk: Sdk) -> Ask:
    connection = linked()
    revoke(connection.connection.id)
    return world.ask(sdk, connection)


@_meets("connection_expired")
def a_connection_past_its_end(world: World, sdk: Sdk) -> Ask:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    return world.ask(sdk, linked(now=yesterday, expires_at=yesterday + timedelta(hours=1)))


@_meets("connection_paused")
def a_paused_connection(world: World, sdk: Sdk) -> Ask:
    connection = linked()
    Connection.objects.filter(id=connection.connection.id).update(status="paused")
    return world.ask(sdk, connection)


@_meets("provider_not_granted")
def a_provider_that_was_not_approved(world: World, sdk: Sdk) -> Ask:
    return world.ask(sdk, linked(keys={name: key for name, key in KEYS.items() if name != sdk.provider}))


@_meets("model_not_granted")
def a_model_that_was_not_approved(world: World, sdk: Sdk) -> Ask:
    return world.ask(sdk, linked(allowed_models=["another-model"]))


@_meets("model_not_priced")
def a_model_without_a_price(world: World, sdk: Sdk) -> Ask:
    provider = sdk.model.rpartition("/")[0]
    return world.ask(sdk, linked(), model=f"{provider}/no-such-model" if provider else "no-such-model")


@_meets("budget_exceeded")
def a_budget_that_is_used_up(world: World, sdk: Sdk) -> Ask:
    connection = linked(budget_cents=1)
    expensive = chat_answer(prompt=10**6, completion=10**6)
    world.provider.will(whole(expensive))
    calls = 0
    while world.call_openai(connection).status_code == 200:
        calls += 1
        assert calls < 5
    wait_for(lambda: not Hold.objects.exists())
    assert money(connection.connection.id).spent > 0
    world.begin()
    return world.ask(sdk, connection)


@_meets("path_not_allowed", never=("door",))
def a_base_url_with_a_path_too_many(world: World, sdk: Sdk) -> Ask:
    return world.ask(sdk, linked(), base=f"{world.origin}{sdk.path}/v2")


@_meets("not_found", only=("door",))
def a_base_url_that_is_nowhere(world: World, sdk: Sdk) -> Ask:
    return world.ask(sdk, linked(), base=f"{world.origin}{sdk.path}/v2")


@_meets("invalid_request", "Correct the named fields", only=("door",))
def a_model_without_its_provider(world: World, sdk: Sdk) -> Ask:
    return world.ask(sdk, linked(), model="gpt-4o-mini")


# @ai-sdk/google reads nothing but Google's own shape; who calls nobody's passthrough can't be known.
@_meets("unsupported_provider", never=("vercel google",))
def a_provider_nobody_knows(world: World, sdk: Sdk) -> Ask:
    path = sdk.path.replace(f"/{sdk.provider}", "/acme") if "passthrough" in sdk.path else sdk.path
    return world.ask(sdk, linked(), base=world.origin + path, model=sdk.model.replace(f"{sdk.provider}/", "acme/"))


@_meets("connection_unusable")
def a_seal_that_does_not_open(world: World, sdk: Sdk) -> Ask:
    connection = linked()
    other = SealedKey.objects.get(connection=linked().connection, provider=sdk.provider)
    SealedKey.objects.filter(connection=connection.connection, provider=sdk.provider).update(blob=other.blob)
    return world.ask(sdk, connection)


@_meets("body_too_large", "larger than 32 MiB")
def a_prompt_of_thirty_two_mebibytes(world: World, sdk: Sdk) -> Ask:
    return world.ask(sdk, linked(), prompt="0123456789abcdef", prompt_repeated=2 * 1024 * 1024)


# These say what they send whatever headers they are given.
@_meets("unsupported_media_type", never=("js openai", "js anthropic", "js groq", "door js"))
def a_body_of_another_type(world: World, sdk: Sdk) -> Ask:
    return world.ask(sdk, linked(), headers={"Content-Type": "text/plain"})


@_meets("rate_limited", "Too many calls are under way at once.")
def too_many_calls_at_once(world: World, sdk: Sdk) -> Ask:
    connection = linked(concurrency=1)
    world.hold_a_call_open(connection)
    return world.ask(sdk, connection)


@_meets("rate_limited", "This minute's requests are used up.")
def too_many_calls_a_minute(world: World, sdk: Sdk) -> Ask:
    connection = linked(requests_per_minute=1)
    while world.call_openai(connection).status_code == 200:
        pass  # a second time only where a new minute has begun in between
    world.begin()
    return world.ask(sdk, connection)


@_meets("internal_error", "This connection has no budget.")
def a_connection_whose_budget_is_gone(world: World, sdk: Sdk) -> Ask:
    connection = linked()
    Budget.objects.filter(subject_id=connection.connection.id).delete()
    return world.ask(sdk, connection)


@_meets("provider_unreachable")
def a_provider_that_is_down(world: World, sdk: Sdk) -> Ask:
    world.without_upstream()
    return world.ask(sdk, linked())


@_meets("provider_timeout", reaches=1)
def a_provider_that_keeps_silent(world: World, sdk: Sdk) -> Ask:
    world.provider.will(whole({}, wait_seconds=5))
    return world.ask(sdk, linked())


@_meets("service_unavailable")
def a_database_that_another_process_keeps(world: World, sdk: Sdk) -> Ask:
    connection = linked()
    world.with_a_locked_database()
    return world.ask(sdk, connection)
