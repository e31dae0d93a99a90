"""Idempotency-Key: kept its 24 hours, whatever others do meanwhile; swept afterwards."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache, caches
from django.db import connection

from accounts.models import App
from relay.celery import app as celery
from relay.core import idempotency
from relay.core.tasks import sweep_answers
from tests.factories import Person, make_person

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


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


def test_every_scheduled_task_exists() -> None:
    celery.loader.import_default_modules()
    assert {entry["task"] for entry in celery.conf.beat_schedule.values()} <= celery.tasks.keys()
    assert "core.sweep_answers" in celery.conf.beat_schedule
