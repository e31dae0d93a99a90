"""The link funnel: how far sessions came, where people left, for one app and a period, in a pinned number of queries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from linkflow.funnel import funnel, meanings
from linkflow.models import LinkSession
from linkflow.services import sessions
from tests.factories import Product, call, make_app, make_connection, make_person
from tests.linkflow.helpers import approval_for, authorize, code, data, open_session
from tests.usage.test_rollups import _entry

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
SINCE = NOW - timedelta(days=7)


def ended(product: Product, *events: tuple[str, str], at: datetime = NOW) -> LinkSession:
    """A session of the app that has run out, with these events: names, and what leaving then is called."""
    session = sessions.open_session(product.app, {"requested_providers": ["sandbox"]}, at).session
    for name, status in events:
        sessions.record_event(session, name, at, status)
    LinkSession.objects.filter(pk=session.pk).update(expires_at=NOW)
    return session


def soon() -> datetime:
    """Later than what the tests have asked for over HTTP by now, earlier than their sessions end."""
    return datetime.now(UTC) + timedelta(minutes=5)


def counts(product: Product) -> dict[str, int]:
    return {stage.name: stage.count for stage in funnel(product.app, SINCE, soon()).stages}


def left(product: Product) -> dict[str, int]:
    return {place.status: place.count for place in funnel(product.app, SINCE, soon()).left}


def test_it_works() -> None:
    product = make_app(make_person().user)
    open_session(product)
    ended(product, ("OPEN", "not_started"))
    ended(product, ("OPEN", "not_started"), ("SIGN_IN", "requires_sign_in"))
    data(authorize(ada := make_person(), approval_for(ada, open_session(product))))
    make_connection(product=product)
    used = make_connection(product=product)
    _entry(NOW, connection_id=used.connection.pk)
    assert counts(product) == {"created": 6, "opened": 5, "signed_in": 4, "approved": 3, "exchanged": 2, "called": 1}
    assert [stage.share for stage in funnel(product.app, SINCE, soon()).stages] == [100, 83, 66, 50, 33, 16]


def test_where_people_left_is_the_last_place_they_saw() -> None:
    product = make_app(make_person().user)
    ended(product)
    ended(product, ("OPEN", ""))
    ended(product, ("OPEN", "not_started"), ("OPEN_WINDOW", "not_started"), ("TRANSITION_VIEW", "window_open"))
    ended(product, ("OPEN", "not_started"), ("WINDOW_BLOCKED", "window_blocked"), ("EXIT", "window_blocked"))
    for _ in range(2):
        ended(product, ("OPEN", "not_started"), ("SIGN_IN", "requires_sign_in"), ("TRANSITION_VIEW", "budget_not_approved"), ("OPEN", ""))
    ended(product, ("OPEN", ""), ("SIGN_IN", ""))
    assert left(product) == {"budget_not_approved": 3, "never_opened": 1, "not_started": 1, "window_open": 1, "window_blocked": 1}
    assert {place.meaning for place in funnel(product.app, SINCE, soon()).left} <= set(meanings().values())


def test_who_is_still_at_it_or_has_approved_did_not_leave() -> None:
    product = make_app(make_person().user)
    session = open_session(product)
    bearer = {"Authorization": f"Bearer {session['linkToken']}"}
    data(call("POST", "/v1/link/session/events", {"name": "OPEN", "exitStatus": "not_started"}, **bearer))
    make_connection(product=product)
    assert left(product) == {}
    data(call("POST", "/v1/link/session/events", {"name": "EXIT", "exitStatus": "requires_sign_in"}, **bearer))
    assert left(product) == {"requires_sign_in": 1}


def test_only_the_apps_own_first_approvals_of_the_period_count() -> None:
    bob = make_person()
    product, other = make_app(bob.user), make_app(bob.user)
    linked = make_connection(product=product)
    ended(other, ("OPEN", "not_started"))
    ended(product, ("OPEN", "not_started"), at=NOW - timedelta(days=8))
    open_session(product, connectionId=linked.connection.pk)
    assert counts(product)["created"] == 1
    assert left(product) == {}


def test_an_event_with_no_exit_status_of_the_list_is_refused() -> None:
    session = open_session(make_app(make_person().user))
    body = {"name": "OPEN", "exitStatus": "bored"}
    assert code(call("POST", "/v1/link/session/events", body, Authorization=f"Bearer {session['linkToken']}")) == "invalid_request"


def test_two_queries_whatever_their_number(django_assert_num_queries: Any) -> None:
    product = make_app(make_person().user)
    for _ in range(5):
        ended(product, ("OPEN", "not_started"), ("SIGN_IN", "requires_sign_in"))
    with django_assert_num_queries(2):
        funnel(product.app, SINCE, soon())
