"""The database goes away: callers are told to come back, nothing is lost, and work goes on when it returns."""

from __future__ import annotations

import asyncio
import sqlite3

import psycopg
import pytest
from django.db import connection

from relay.core.errors import ServiceUnavailable
from tests.usage.calls import CENT, ask, check_invariants, hold, in_process, in_thread, ledger_cost, make_subject, outcome
from usage import runtime, settling, sqlite_writer
from usage.services import BudgetLimits

pytestmark = pytest.mark.django_db(transaction=True)

_CUT = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = '1relay' AND datname = current_database()"""


def _cut_connections() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_CUT)


@pytest.mark.postgres
def test_cut_connections_are_replaced_and_nothing_is_lost() -> None:
    subject = make_subject(BudgetLimits(1000))

    refusals: list[ServiceUnavailable] = []

    async def work() -> None:
        before = await hold(subject, CENT)
        await in_thread(_cut_connections)
        settling.settle(outcome(before, CENT))
        for _ in range(20):
            try:
                settling.settle(outcome(await hold(subject, CENT), CENT))
            except ServiceUnavailable as error:
                refusals.append(error)
                await asyncio.sleep(0.1)

    in_process(work)
    assert len(refusals) < 10  # none, if every cut was noticed before the next call came
    assert all(isinstance(refusal.__cause__, psycopg.OperationalError) for refusal in refusals)
    assert {refusal.headers["Retry-After"] for refusal in refusals} <= {"1"}
    assert ledger_cost() == (21 - len(refusals)) * CENT
    check_invariants()


def test_a_file_kept_locked_is_an_outage_and_then_none(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("SQLite alone locks the whole file")
    monkeypatch.setattr(sqlite_writer, "_BUSY_SECONDS", 0.1)
    subject = make_subject(BudgetLimits(1000))
    path = str(connection.settings_dict["NAME"])

    async def work() -> None:
        assert runtime.current().database.dialect.vendor == "sqlite"
        before = await hold(subject, CENT)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        settling.settle(outcome(before, CENT))
        with pytest.raises(ServiceUnavailable):
            await ask(subject, CENT)
        other.execute("ROLLBACK")
        other.close()
        settling.settle(outcome(await hold(subject, CENT), CENT))

    in_process(work)
    assert ledger_cost() == 2 * CENT
    check_invariants()
