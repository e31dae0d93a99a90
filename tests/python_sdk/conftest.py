"""A relay that says what it is told to, and each client in turn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from tests.fake_provider import FakeProvider
from tests.python_sdk.parties import Way

Make = Callable[..., Way]


@pytest.fixture(scope="module")
def relay_server() -> Iterator[FakeProvider]:
    """One server for a file's tests."""
    with FakeProvider() as server:
        yield server


@pytest.fixture
def relay(relay_server: FakeProvider) -> FakeProvider:
    """The server, without memory."""
    relay_server.received.clear()
    return relay_server


@pytest.fixture(params=[False, True], ids=["sync", "async"])
async def make(request: pytest.FixtureRequest, relay: FakeProvider) -> AsyncIterator[Make]:
    """Makes clients, which are closed at the end."""
    made: list[Way] = []

    def made_with(**options: Any) -> Way:
        made.append(Way(relay.base, awaits=request.param, **options))
        return made[-1]

    yield made_with
    for way in made:
        await way.close()


@pytest.fixture
def way(make: Make) -> Way:
    """A client as most people make it."""
    return make()
