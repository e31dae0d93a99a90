"""Two things at once: what one decides on is what it then changes, and nobody gets a 500."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError

from linkflow.models import Connection
from linkflow.services import connections, deeds, expiry
from linkflow.services import exchange as exchanging
from tests.factories import Approval, Person, call, make_app, make_connection, make_person
from tests.interleaving import just_after
from tests.linkflow.helpers import approval_for, authorize, code, data, open_session

pytestmark = pytest.mark.django_db


def test_a_connection_exchanged_at_the_last_moment_stays() -> None:
    ada, product = make_person(), make_app(make_person().user)
    approval = approval_for(ada, open_session(product))
    data(authorize(ada, approval))
    end = datetime.now(UTC) + timedelta(minutes=10)

    def exchange() -> None:
        exchanging.exchange(product.app, approval.public_token, "", end - timedelta(seconds=5))

    with just_after("SELECT", exchange):
        assert expiry.expire(end) == 0
    assert Connection.objects.get().status == "active"


def test_one_that_the_database_gives_up_on_keeps_nobody_else_from_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    end = datetime.now(UTC) + timedelta(minutes=10)
    stuck, other = (make_connection(expires_at=end).connection for _ in range(2))
    ended = deeds.ended

    def deadlocks(connection: Connection, *rest: Any) -> None:
        if connection.pk == stuck.pk:
            raise OperationalError("deadlock detected")
        ended(connection, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(deeds, "ended", deadlocks)
        assert expiry.expire(end) == 1
    assert list(Connection.objects.filter(status="expired")) == [other]
    assert expiry.expire(end) == 1


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


def test_a_connection_deleted_meanwhile_is_not_found() -> None:
    ada = make_person()
    linked = make_connection(ada)

    with just_after('SELECT "linkflow_connection"', linked.connection.delete):
        assert code(ada.call("DELETE", f"/v1/connections/{linked.connection.pk}")) == "not_found"


def test_a_link_session_ends_with_its_app() -> None:
    ada = make_person()
    for step in (authorizing, telling):
        product = make_app(make_person().user)
        session = open_session(product)
        approval = approval_for(ada, session)
        with just_after('SELECT "linkflow_linksession"', product.app.delete):
            assert code(step(ada, session["linkToken"], approval)) == "invalid_token"


def authorizing(person: Person, _: str, approval: Approval) -> Any:
    return authorize(person, approval)


def telling(_: Person, link_token: str, __: Approval) -> Any:
    return call("POST", "/v1/link/session/events", {"name": "OPEN"}, Authorization=f"Bearer {link_token}")
