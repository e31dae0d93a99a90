"""Two things at once: what one decides on is what it then changes, and nobody gets a 500."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database

from linkflow.models import Connection
from linkflow.services import connections
from linkflow.services import exchange as exchanging
from tests.factories import make_app, make_connection, make_person
from tests.linkflow.helpers import approval_for, authorize, code, data, open_session

pytestmark = pytest.mark.django_db


@contextmanager
def just_after(statement: str, meanwhile: Callable[[], object]) -> Iterator[None]:
    """Does `meanwhile` once, right after the first SQL statement that begins so."""
    done: list[object] = []

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if not done and sql.startswith(statement):
            done.append(True)
            meanwhile()
        return result

    with database.execute_wrapper(watch):
        yield
    assert done


def test_a_connection_exchanged_at_the_last_moment_stays() -> None:
    ada, product = make_person(), make_app(make_person().user)
    approval = approval_for(ada, open_session(product))
    data(authorize(ada, approval))
    end = datetime.now(UTC) + timedelta(minutes=10)

    def exchange() -> None:
        exchanging.exchange(product.app, approval.public_token, "", end - timedelta(seconds=5))

    with just_after("SELECT", exchange):
        assert connections.expire(end) == 0
    assert Connection.objects.get().status == "active"


def test_elevation_is_judged_on_the_terms_that_are_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    ada = make_person()
    path = f"/v1/connections/{make_connection(ada, budget_cents=10_000).connection.pk}"
    change = connections.change

    def late(*args: Any, **options: Any) -> Connection:
        monkeypatch.setattr(connections, "change", change)
        data(ada.call("PATCH", path, {"budgetCents": 1}))
        return change(*args, **options)

    monkeypatch.setattr(connections, "change", late)
    assert code(ada.call("PATCH", path, {"budgetCents": 10_000})) == "reauth_required"
    assert Connection.objects.get().budget_cents == 1
