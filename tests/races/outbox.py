"""What a race of webhooks does to its own database, in a process of its own: prints one line of JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import Error, transaction  # noqa: E402

from accounts.models import App  # noqa: E402
from tests.factories import make_app, make_person  # noqa: E402
from webhooks.models import Event  # noqa: E402
from webhooks.services import endpoints, outbox  # noqa: E402


def prepare(url: str) -> dict[str, Any]:
    """The tables, an app whose events go to `url`, and its signing secret."""
    call_command("migrate", verbosity=0)
    product = make_app(make_person().user, webhook_url=url)
    made = endpoints.rotate_secret(product.app, immediately=False, now=datetime.now(UTC))
    return {"app": product.app.pk, "secret": made.secret}


def let_leases_end() -> dict[str, Any]:
    """As if two minutes went by in which nobody worked: claims of those who died have run out."""
    return {"claimed": Event.objects.filter(due_at__gt=datetime.now(UTC)).update(due_at=datetime.now(UTC))}


def left() -> dict[str, Any]:
    """How many events are still to be sent."""
    return {"left": Event.objects.filter(due_at__isnull=False).count()}


def write(app: str, connections: int, each: int, pause: float) -> dict[str, Any]:
    """Record events, each in a transaction of its own, every fifth of which is taken back; answers what was committed, and what not.

    Where the database goes away at a commit nobody knows whether it was made: `unsure`.
    """
    said: dict[str, list[str]] = {"committed": [], "unsure": []}
    for number in range(each):
        for connection in range(connections):
            _write_one(app, f"con_{connection:022}", number % 5 == 4, said)
            time.sleep(pause)
    return said


def _write_one(app: str, connection: str, taken_back: bool, said: dict[str, list[str]]) -> None:
    while True:
        event = None
        try:
            with transaction.atomic():
                owner = App.objects.get(pk=app)
                event = outbox.record(owner, "connection.updated", {}, datetime.now(UTC), connection_id=connection)
                assert event is not None
                transaction.set_rollback(taken_back)
        except Error:
            if event is None:
                time.sleep(0.2)
                continue
            said["unsure"].append(event.pk)
            return
        if not taken_back:
            said["committed"].append(event.pk)
        return


if __name__ == "__main__":
    order = json.loads(sys.argv[2])
    deeds: dict[str, Callable[..., dict[str, Any]]] = {"prepare": prepare, "write": write, "left": left, "let_leases_end": let_leases_end}
    print(json.dumps(deeds[sys.argv[1]](**order)))
