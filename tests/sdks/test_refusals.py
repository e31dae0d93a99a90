"""Each refusal of the relay, raised by every official SDK with the relay's words in it, after one request and no more."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from relay.core.errors import ALL_ERRORS
from tests.proxy.conftest import wait_for
from tests.sdks import vendors
from tests.sdks.asking import Raised
from tests.sdks.every import PASSTHROUGH, REFUSED
from tests.sdks.situations import Situation, pairs, revoke
from tests.sdks.world import World, linked

if TYPE_CHECKING:
    from tests.sdks.asking import Sdk

pytestmark = pytest.mark.sdks

REVOKED = ALL_ERRORS["connection_revoked"].message


@pytest.mark.parametrize(("sdk", "situation"), pairs(REFUSED))
def test_the_sdk_raises_what_the_relay_says(world: World, sdk: Sdk, situation: Situation) -> None:
    asked = situation.prepare(world, sdk)
    with pytest.raises(Raised) as raised:
        sdk.ask(asked if sdk.obeys_should_retry and not situation.invites_again else replace(asked, retries=0))
    error = raised.value
    assert situation.says in error.text
    assert (error.kind, error.status) == (sdk.kinds.get(situation.status, sdk.kinds[0]), situation.status)
    assert (error.code == situation.code) if sdk.gives_code else (f'"{situation.code}"' in error.text)
    assert len(world.arrivals) == 1
    assert len(world.provider.received) == situation.reaches


def test_a_stream_that_is_refused_raises_alike(world: World, sdk: Sdk) -> None:
    connection = linked()
    revoke(connection.connection.id)
    with pytest.raises(Raised) as raised:
        sdk.ask(world.ask(sdk, connection, streams=True))
    assert REVOKED in raised.value.text
    assert (raised.value.kind, raised.value.status) == (sdk.kinds.get(401, sdk.kinds[0]), 401)
    assert (len(world.arrivals), world.provider.received) == (1, [])


def test_a_stream_that_is_revoked_under_way_raises(world: World, sdk: Sdk) -> None:
    connection = linked()
    world.provider.will(vendors.slowly)
    asked = world.ask(sdk, connection, streams=True)
    with ThreadPoolExecutor(1) as thread:
        asking = thread.submit(sdk.ask, asked)
        wait_for(lambda: world.provider.received)
        revoke(connection.connection.id)
        with pytest.raises(Raised) as raised:
            asking.result(10)
    assert REVOKED in raised.value.text
    assert len(world.arrivals) == len(world.provider.received) == 1
    assert world.provider.last.abandoned.wait(2)


@pytest.mark.parametrize("sdk", [sdk for sdk in PASSTHROUGH if sdk.tries_again], ids=lambda sdk: sdk.id)
def test_it_comes_again_when_the_relay_asks_for_it(world: World, sdk: Sdk) -> None:
    connection = linked(concurrency=1)
    held = world.hold_a_call_open(connection)
    with ThreadPoolExecutor(1) as thread:
        began = time.monotonic()
        asking = thread.submit(sdk.ask, world.ask(sdk, connection))
        wait_for(lambda: world.answers)
        held.close()
        said = asking.result(10)
    assert said.text == "Hello there."
    assert time.monotonic() - began >= 1  # Retry-After: 1
    assert (world.answers, len(world.arrivals), len(world.provider.received)) == ([429, 200], 2, 1)


@pytest.mark.parametrize("sdk", [sdk for sdk in PASSTHROUGH if sdk.tries_again and not sdk.obeys_should_retry][:1], ids=lambda sdk: sdk.id)
def test_the_ai_sdk_comes_again_though_it_is_told_not_to(world: World, sdk: Sdk) -> None:
    """It looks at the status alone: a known limit, and the reason why refusals are 4xx where they can be."""
    world.without_upstream()
    with pytest.raises(Raised) as raised:
        sdk.ask(world.ask(sdk, linked(), retries=1))
    assert (raised.value.kind, raised.value.status) == ("AI_RetryError", 502)
    assert ALL_ERRORS["provider_unreachable"].message in raised.value.text
    assert len(world.arrivals) == 2
