"""A month of calls for demos: real holds, real ledger, within the budget, on days that are over; nowhere but in debug."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.urls import Resolver404, resolve
from django.utils import timezone

from linkflow.models import Connection
from linkflow.services import demo_month
from tests.factories import call, make_connection
from tests.usage.calls import check_invariants, in_process
from usage.models import LedgerEntry

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_month_is_spread_over_its_days_and_stays_within_the_budget() -> None:
    linked = make_connection()
    now = timezone.now()
    (connection,) = demo_month.usable_by(linked.connection.user, now)
    made = in_process(lambda: demo_month.fill([connection], now))
    entries = LedgerEntry.objects.filter(connection_id=linked.connection.pk)
    assert made == entries.count() > 30
    assert len({entry.admitted_at.date() for entry in entries}) > 15
    assert all(now - timedelta(days=31) < entry.admitted_at < now for entry in entries)
    assert entries.filter(http_status=429, cost_nanos=0).exists()
    assert {entry.provider for entry in entries} == {"sandbox"}
    assert Connection.objects.get(pk=connection.pk).created_at < entries.order_by("admitted_at")[0].admitted_at
    check_invariants()


def test_what_does_not_fit_is_not_made() -> None:
    linked = make_connection()
    Connection.objects.filter(pk=linked.connection.pk).update(status=Connection.PAUSED)
    connection = Connection.objects.get(pk=linked.connection.pk)
    assert in_process(lambda: demo_month.fill([connection], timezone.now())) == 0
    assert demo_month.usable_by(linked.connection.user, timezone.now()) == []


def test_there_is_no_such_address_outside_of_debug() -> None:
    with pytest.raises(Resolver404):
        resolve("/v1/demo/month")
    assert call("POST", "/v1/demo/month", {}).status_code == 404


def test_the_api_is_documented_in_debug_too() -> None:
    """A process of its own: the addresses are laid out when they are imported."""
    read = "from django.test import Client; print(Client().get('/v1/openapi.json').status_code, Client().get('/docs/api').status_code)"
    setting = "import django; from django.conf import settings; django.setup(); settings.ALLOWED_HOSTS = ['*']; "
    environment = {**os.environ, "RELAY_DEBUG": "1", "DJANGO_SETTINGS_MODULE": "relay.settings"}
    told = subprocess.run([sys.executable, "-c", setting + read], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert told.stdout.split() == ["200", "200"], told.stderr
