"""A key is replaced while a connection that has it is changed: on PostgreSQL each locks what the other refers to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection, connections

from accounts.models import User
from linkflow.services import connections as linked_connections
from relay.core.errors import Conflict
from relay.crypto.device import vault as device
from tests.factories import SANDBOX_KEY, make_connection, make_person
from tests.interleaving import just_after
from vault import services as keys

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer and no row locks"),
]
NOW = datetime.now(UTC)


def pause(user: User, connection_id: str) -> None:
    linked_connections.change(user, connection_id, linked_connections.Change(status="paused"), NOW, elevated=True)


def revoke(user: User, connection_id: str) -> None:
    linked_connections.revoke(user, connection_id, NOW)


@pytest.mark.parametrize(("change", "expected"), [(pause, []), (revoke, [Conflict])])
def test_a_replaced_key_and_a_changed_connection_wait_for_each_other(
    change: Callable[[User, str], None], expected: list[type[Exception]]
) -> None:
    ada = make_person()
    connection_id = make_connection(ada).connection.pk
    item = device.seal_vault_item(ada.vault_key, "sandbox", {"apiKey": SANDBOX_KEY, "label": ""})
    keys.put_key(ada.user, "sandbox", item, {connection_id: "sealed"}, frozenset(), NOW)
    both_locked, failed = threading.Barrier(2, timeout=20), list[type[Exception]]()

    def replace() -> None:
        keys.put_key(ada.user, "sandbox", item, {connection_id: "sealed-anew"}, frozenset(), NOW)

    def work(statement: str, write: Callable[[], object]) -> None:
        try:
            with just_after(statement, both_locked.wait):
                write()
        except Exception as error:  # noqa: BLE001 (a thread's failure is told by the test)
            failed.append(type(error))
        finally:
            connections.close_all()

    # Where each holds its own lock: the person's row there, the connection and its activity here.
    steps = {'SELECT "accounts_user"': replace, 'INSERT INTO "accounts_activity"': lambda: change(ada.user, connection_id)}
    workers = [threading.Thread(target=work, args=step) for step in steps.items()]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failed == expected
