"""GET /v1/usage: whose calls, grouped how, for which time; and PUT /v1/budget."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from relay.core.ids import mint_id
from tests import factories
from tests.usage.calls import CENT
from tests.usage.test_rollups import _entry
from usage import rollups, services
from usage.models import Rollup
from usage.services import BudgetLimits

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)


def _data(response: Any) -> Any:
    assert response.status_code == 200, response.content
    body = response.json()
    assert body["success"] is True
    return body["data"]


def test_it_works() -> None:
    alice = factories.make_person()
    _entry(NOW, 1_500, user_id=alice.user.pk)
    _entry(NOW, 2_000, user_id=alice.user.pk, http_status=503, error_code="provider_unreachable")
    _entry(NOW, 99_000, user_id="usr_somebody")
    sums = {"requests": 2, "errors": 1, "inputTokens": 20, "outputTokens": 40, "cachedInputTokens": 10, "costMicros": 4}
    assert _data(alice.call("GET", "/v1/usage")) == {"items": [sums], "totals": sums}


@pytest.mark.parametrize("rolled", [False, True])
def test_it_groups_by_everything(rolled: bool) -> None:
    alice = factories.make_person()
    first, second = NOW - timedelta(days=3), NOW - timedelta(days=2)
    con = mint_id("con")
    _entry(first, 1000, user_id=alice.user.pk, connection_id=con)
    _entry(first, 2000, user_id=alice.user.pk, connection_id=con)
    _entry(second, 4000, user_id=alice.user.pk, connection_id=con, model="sandbox-large", app_id="", provider="groq")
    if rolled:
        rollups.catch_up(Rollup.DAY, NOW)
    query = f"from={first.date()}&to={second.date()}"
    data = _data(alice.call("GET", f"/v1/usage?{query}&groupBy=day,app,provider,model,connection"))
    rest = {"errors": 0, "cachedInputTokens": 5}
    assert data["items"] == [
        {"day": str(first.date()), "app": "app_a", "provider": "sandbox", "model": "sandbox-small", "connection": con}
        | {"requests": 2, "inputTokens": 20, "outputTokens": 40, "costMicros": 3, "errors": 0, "cachedInputTokens": 10},
        {"day": str(second.date()), "app": None, "provider": "groq", "model": "sandbox-large", "connection": con}
        | {"requests": 1, "inputTokens": 10, "outputTokens": 20, "costMicros": 4, **rest},
    ]
    assert data["totals"]["costMicros"] == 7
    by_model = _data(alice.call("GET", f"/v1/usage?{query}&groupBy=model"))["items"]
    assert [(item["model"], item["costMicros"]) for item in by_model] == [("sandbox-large", 4), ("sandbox-small", 3)]
    assert _data(alice.call("GET", f"/v1/usage?from={first.date()}&to={first.date()}"))["totals"]["requests"] == 2


def test_an_app_sees_its_own_calls_of_all_its_users() -> None:
    product = factories.make_app(factories.make_person().user)
    _entry(NOW, 1000, user_id="usr_a", app_id=product.app.pk)
    _entry(NOW, 1000, user_id="usr_b", app_id=product.app.pk)
    _entry(NOW, 1000, user_id=product.app.owner_id, app_id="")
    assert _data(product.call("GET", "/v1/usage"))["totals"]["requests"] == 2


def test_one_connection_can_be_asked_for_and_somebody_elses_is_empty() -> None:
    alice, mine, others = factories.make_person(), mint_id("con"), mint_id("con")
    _entry(NOW, user_id=alice.user.pk, connection_id=mine)
    _entry(NOW, user_id=alice.user.pk, connection_id=mint_id("con"))
    _entry(NOW, user_id="usr_b", connection_id=others)
    assert _data(alice.call("GET", f"/v1/usage?connectionId={mine}"))["totals"]["requests"] == 1
    assert _data(alice.call("GET", f"/v1/usage?connectionId={others}"))["totals"]["requests"] == 0


def test_times_bound_the_admission_to_the_second() -> None:
    alice = factories.make_person()
    _entry(datetime(2026, 3, 1, 10, tzinfo=UTC), user_id=alice.user.pk)
    query = "/v1/usage?from={}&to={}"
    assert _data(alice.call("GET", query.format("2026-03-01T10:00:00Z", "2026-03-01T10:00:01Z")))["totals"]["requests"] == 1
    assert _data(alice.call("GET", query.format("2026-03-01T09:00:00Z", "2026-03-01T10:00:00Z")))["totals"]["requests"] == 0
    assert _data(alice.call("GET", query.format("2026-03-01T11:30:00%2B02:00", "2026-03-01T12:30:00%2B02:00")))["totals"]["requests"] == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=yesterday", "from"),
        ("from=2026-11-31", "from"),
        ("from=2026-11-23T10:00:00", "from"),
        ("to=0001-01-01T00:00:00%2B14:00", "to"),
        ("to=9999-12-31", "to"),
        ("to=9999-12-30", "to"),
        ("from=2026-11-23&to=2201-01-01", "to"),
        ("from=2026-11-23&to=2026-11-22", "to"),
        ("from=2020-01-01&to=2026-01-01", "from"),
        ("groupBy=colour", "groupBy"),
        ("groupBy=day,day", "groupBy"),
        ("groupBy=day,", "groupBy"),
        ("connectionId=con_x%00", "connectionId"),
        ("limit=5", "limit"),
    ],
)
def test_a_bad_parameter_is_named(query: str, field: str) -> None:
    response = factories.make_person().call("GET", f"/v1/usage?{query}")
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["code"] == "invalid_request"
    assert list(error["details"]["fields"]) == [field]


@pytest.mark.parametrize("hour", ["9999-12-31T01:00:00Z", "2201-01-01T00:00:01Z"])
def test_a_time_near_the_end_of_all_dates_is_named(hour: str) -> None:
    response = factories.make_person().call("GET", f"/v1/usage?from={hour}&to=9999-12-31T02:00:00Z")
    assert response.status_code == 400
    assert set(response.json()["error"]["details"]["fields"]) == {"from", "to"}


@pytest.mark.parametrize("day", ["0001-01-01", "2200-12-31"])
def test_a_far_day_is_empty(day: str) -> None:
    assert _data(factories.make_person().call("GET", f"/v1/usage?from={day}&to={day}&groupBy=day"))["items"] == []


def test_a_stranger_is_asked_to_sign_in() -> None:
    response = factories.call("GET", "/v1/usage")
    assert (response.status_code, response.json()["error"]["code"]) == (401, "unauthenticated")


def test_a_cap_is_set_shown_and_lifted() -> None:
    alice = factories.make_person()
    services.open_budget(mint_id("con"), alice.user.pk, BudgetLimits(100), NOW)
    answer = _data(alice.call("PUT", "/v1/budget", {"budgetCents": 1234}, elevated=True))
    assert answer["budgetCents"] == 1234
    assert (answer["spentMicros"], answer["heldMicros"]) == (0, 0)
    assert answer["period"]["start"].endswith("-01T00:00:00Z")
    assert services.balances([alice.user.pk], NOW)[alice.user.pk].limit_nanos == 1234 * CENT
    assert _data(alice.call("PUT", "/v1/budget", {"budgetCents": None}, elevated=True))["budgetCents"] is None


@pytest.mark.parametrize("body", [{}, {"budgetCents": -1}, {"budgetCents": "5"}, {"budgetCents": 1.5}, {"budgetCents": True}])
def test_a_bad_cap_is_refused(body: Any) -> None:
    response = factories.make_person().call("PUT", "/v1/budget", body, elevated=True)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid_request")


def test_a_cap_needs_elevation_and_a_user() -> None:
    response = factories.make_person().call("PUT", "/v1/budget", {"budgetCents": 5})
    assert (response.status_code, response.json()["error"]["code"]) == (403, "reauth_required")
    response = factories.make_app(factories.make_person().user).call("PUT", "/v1/budget", {"budgetCents": 5})
    assert response.status_code == 401
