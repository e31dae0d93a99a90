"""A database that is busy or away: service_unavailable, and when to come back."""

from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from psycopg_pool import PoolTimeout

from tests.factories import make_person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("fault", [OperationalError, InterfaceError])
def test_an_api_call_says_when_to_come_back(fault: type[Exception]) -> None:
    ada = make_person()

    def fail(*_: Any) -> None:
        raise fault("database is locked")

    with connection.execute_wrapper(fail):
        answer = ada.call("GET", "/v1/apps")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "service_unavailable")
    assert answer.headers["Retry-After"] == "1"
    assert ada.call("GET", "/v1/apps").status_code == 200


def test_a_pool_without_a_free_connection_is_an_outage() -> None:
    from relay.core.rendering import as_api_error  # after REST framework, which imports it by name

    error = as_api_error(PoolTimeout("couldn't get a connection"))
    assert (error.code, error.headers) == ("service_unavailable", {"Retry-After": "1"})
