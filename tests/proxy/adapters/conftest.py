"""A running relay, a fake provider behind it, and one way to ask for a chat."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from openai import OpenAI

from tests.factories import Linked
from tests.fake_provider import FakeProvider
from tests.proxy.adapters.chatting import Chat
from tests.proxy.conftest import Relay


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known under --strict-markers."""
    config.addinivalue_line("markers", "feature(id, provider, kind, note): the cell of the feature table that the test proves")


@pytest.fixture
def chat(relay: Relay, linked: Linked, provider: FakeProvider) -> Chat:
    """Chat calls to the relay, answered by the fake provider."""
    return Chat(relay, linked, provider)


@pytest.fixture
def sdk(chat: Chat) -> Iterator[OpenAI]:
    """OpenAI's own client, pointed at the OpenAI-compatible door."""
    with OpenAI(base_url=f"{chat.relay.base}/v1/openai", api_key=chat.linked.access_token, max_retries=0) as client:
        yield client
