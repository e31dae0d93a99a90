"""A receiver, and an app of Bob's that has it as its endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.factories import Person, Product, make_app, make_person
from tests.webhooks.receiver import Receiver, receiver
from webhooks.models import Event
from webhooks.services import endpoints, outbox

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass
class Told:
    """An app with an endpoint, its developer, and its signing secret."""

    bob: Person
    product: Product
    secret: str
    receiver: Receiver

    def record(self, connection_id: str = "con_0000000000000000000000", **data: Any) -> Event:
        """One more event of a connection."""
        event = outbox.record(self.product.app, "connection.updated", data, NOW, connection_id=connection_id)
        assert event is not None
        return event


@pytest.fixture
def hook() -> Iterator[Receiver]:
    """An endpoint on this machine."""
    with receiver() as made:
        yield made


@pytest.fixture
def told(db: None, hook: Receiver) -> Told:
    """Bob's app, which is told everything."""
    bob = make_person(now=NOW)
    product = make_app(bob.user, webhook_url=hook.url)
    return Told(bob, product, endpoints.rotate_secret(product.app, immediately=False, now=NOW).secret, hook)
