"""DELETE /v1/apps/:id: everybody whose connection ends with the app is told, and nobody is kept waiting for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection, connections

from accounts.models import Activity, App
from linkflow.models import Connection, LinkSession
from linkflow.services import app_end
from tests.factories import make_app, make_connection, make_person
from tests.interleaving import just_after
from tests.linkflow.helpers import approval_for, code, open_session
from tests.linkflow.helpers import authorize as approve

NOW = datetime.now(UTC)


@pytest.mark.django_db
def test_everybody_is_told_why_their_connection_is_gone() -> None:
    ada, bob, eve = make_person(), make_person(), make_person()
    product = make_app(ada.user, name="Tern")
    linked = make_connection(bob, product)
    paused = make_connection(eve, product)
    Connection.objects.filter(pk=paused.connection.pk).update(status=Connection.PAUSED)
    over = make_connection(eve, product)
    Connection.objects.filter(pk=over.connection.pk).update(status=Connection.REVOKED)
    other = make_connection(eve, make_app(ada.user))
    assert ada.call("DELETE", f"/v1/apps/{product.app.pk}", elevated=True).status_code == 200
    told = Activity.objects.filter(kind="connection_revoked").order_by("at", "pk")
    assert {(row.user_id, row.subject, row.subject_id, row.detail) for row in told} == {
        (bob.user.pk, "Tern", linked.connection.pk, "The app was deleted"),
        (eve.user.pk, "Tern", paused.connection.pk, "The app was deleted"),
    }
    assert Activity.objects.get(kind="app_deleted").session_id == ada.session.pk
    assert list(Connection.objects.all()) == [other.connection]
    assert code(ada.call("DELETE", f"/v1/apps/{product.app.pk}", elevated=True)) == "not_found"


@pytest.mark.django_db
def test_a_link_session_that_begins_meanwhile_makes_it_begin_anew() -> None:
    product = make_app(make_person().user)
    with just_after('SELECT "linkflow_linksession"', lambda: open_session(product)):
        app_end.end_app(product.app, NOW)
    assert not LinkSession.objects.exists()
    assert not App.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer and no row locks")
@pytest.mark.parametrize("step", ["approval", "exchange"])
def test_it_and_what_people_do_with_the_app_wait_for_each_other(step: str) -> None:
    ada, bob = make_person(), make_person()
    product = make_app(ada.user)
    approval = approval_for(bob, open_session(product))
    if step == "exchange":
        assert approve(bob, approval).status_code == 200
    # Each at the lock that the other wants next.
    at = {"approval": 'INSERT INTO "linkflow_connection"', "exchange": 'SELECT "linkflow_connection"."id"'}[step]
    both_locked, answers = threading.Barrier(2, timeout=20), list[int]()

    def act() -> None:
        if step == "approval":
            answers.append(approve(bob, approval).status_code)
        else:
            body = {"publicToken": approval.public_token}
            answers.append(product.call("POST", "/v1/link/exchange", body).status_code)

    def end() -> None:
        both_locked.wait()
        answers.append(ada.call("DELETE", f"/v1/apps/{product.app.pk}", elevated=True).status_code)

    def watched(statement: str, work: Callable[[], None]) -> None:
        try:
            with just_after(statement, both_locked.wait):
                work()
        finally:
            connections.close_all()

    def plain(work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            connections.close_all()

    workers = [threading.Thread(target=watched, args=(at, act)), threading.Thread(target=plain, args=(end,))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert answers == [200, 200]
    assert not Connection.objects.exists()
    assert Activity.objects.filter(user=bob.user, kind="connection_revoked").exists()


@pytest.mark.django_db(transaction=True)
def test_an_approval_for_an_account_or_app_that_is_gone_by_then_is_refused_in_words() -> None:
    ada, bob = make_person(), make_person()
    product = make_app(ada.user)
    approval = approval_for(bob, open_session(product))
    with just_after('SELECT "linkflow_linksession"', bob.user.delete):
        answer = approve(bob, approval)
    assert (answer.status_code, code(answer)) == (401, "invalid_token")
