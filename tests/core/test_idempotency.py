"""Idempotency-Key: kept its 24 hours, whatever others do meanwhile; swept afterwards."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache, caches
from django.db import InterfaceError, OperationalError, connection

from accounts.models import App
from relay.celery import app as celery
from relay.core import idempotency
from relay.core.tasks import sweep_answers
from tests.factories import Person, make_connection, make_person

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_kept(db: None) -> None:
    """Tests that commit empty the models' tables after themselves, and this one is no model's."""
    caches["durable"].clear()


def make_app(person: Person, key: str) -> Any:
    headers: dict[str, Any] = {"Idempotency-Key": key}
    return person.call("POST", "/v1/apps", {"name": "x", "allowedOrigins": []}, **headers)


def rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM relay_durable_cache")
        return int(cursor.fetchone()[0])


def test_other_peoples_requests_do_not_evict_an_answer() -> None:
    ada = make_person()
    first = make_app(ada, "one").json()
    for number in range(700):
        caches["durable"].set(f"idempotent:other-{number}", {"body": "x"}, timeout=86_400)
    assert make_app(ada, "one").json() == first
    assert App.objects.count() == 1


def test_rate_limits_of_many_addresses_do_not_evict_each_other() -> None:
    cache.set("first", 1, timeout=300)
    for number in range(1000):
        cache.set(f"other-{number}", 1, timeout=300)
    assert cache.get("first") == 1


def test_the_sweep_deletes_expired_answers_alone() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        ada = make_person()
        make_app(ada, "one")
        clock.shift(timedelta(hours=1))
        make_app(ada, "two")
        clock.shift(timedelta(hours=23, seconds=1))
        sweep_answers()
        assert rows() == 1
        assert idempotency.sweep(NOON + timedelta(hours=26)) == 1
    assert rows() == 0


@contextmanager
def failing(begins: str, error: BaseException) -> Iterator[None]:
    """The database fails from the first statement that begins so."""
    seen: list[str] = []

    def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith(begins):
            seen.append(sql)
        if seen and ("relay_durable_cache" in sql or isinstance(error, SystemExit)):
            raise error
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        yield
    assert seen


def test_what_is_done_is_answered_even_if_the_answer_can_not_be_kept(caplog: pytest.LogCaptureFixture) -> None:
    ada = make_person()
    with failing('INSERT INTO "accounts_app"', InterfaceError("away")):
        assert make_app(ada, "one").status_code == 201
    assert "an idempotency record was not written: InterfaceError" in caplog.text
    assert make_app(ada, "one").json()["error"]["code"] == "conflict"
    assert App.objects.count() == 1


def lower(person: Person, path: str) -> Any:
    headers: dict[str, Any] = {"Idempotency-Key": "one"}
    return person.call("PATCH", path, {"budgetCents": 1}, **headers)


def test_a_killed_request_without_a_secret_can_be_repeated_after_a_minute() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        ada = make_person()
        path = f"/v1/connections/{make_connection(ada).connection.pk}"
        with failing('UPDATE "linkflow_connection"', SystemExit()), pytest.raises(SystemExit):
            lower(ada, path)
        assert lower(ada, path).json()["error"]["code"] == "conflict"
        clock.shift(61)
        assert lower(ada, path).json()["data"]["budgetCents"] == 1
        clock.shift(timedelta(hours=10))
        assert lower(ada, path).headers["Idempotent-Replayed"] == "true"


def test_a_killed_request_with_a_secret_is_never_executed_again() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        ada = make_person()
        with failing('INSERT INTO "accounts_app"', SystemExit()), pytest.raises(SystemExit):
            make_app(ada, "one")
        clock.shift(timedelta(hours=10))
        assert make_app(ada, "one").json()["error"]["code"] == "conflict"


def test_a_busy_database_is_no_running_request() -> None:
    ada = make_person()

    def fail(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith("INSERT INTO") and "relay_durable_cache" in sql:
            raise OperationalError("database is locked")
        return execute(sql, *rest)

    with connection.execute_wrapper(fail):
        answer = make_app(ada, "one")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert make_app(ada, "one").status_code == 201


def test_every_scheduled_task_exists() -> None:
    celery.loader.import_default_modules()
    assert {entry["task"] for entry in celery.conf.beat_schedule.values()} <= celery.tasks.keys()
    assert "core.sweep_answers" in celery.conf.beat_schedule
