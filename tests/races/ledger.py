"""The relay's own books, in a process of its own: `python -m tests.races.ledger open|check '{…}'`; answers in JSON.

The races run on databases of their own, which the process that runs the tests is not set up for.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "relay.settings")

import django

django.setup()

from django.core.management import call_command  # noqa: E402 (models need Django set up)
from django.db import connection  # noqa: E402
from django.db.models import Sum  # noqa: E402

from tests.factories import make_connection  # noqa: E402
from tests.usage.calls import check_invariants  # noqa: E402
from usage import rollups, sweeping  # noqa: E402
from usage.models import LedgerEntry, Process, Rollup, Window  # noqa: E402

_SUMS = ("cost_nanos", "input_tokens", "output_tokens", "cached_input_tokens")


def open_budgets(budgets: list[int]) -> list[dict[str, str]]:
    """Make the tables, and one connection for each budget in cents."""
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    key = "sk-proj-" + "fake0key0for0races0only0"
    linked = [make_connection(keys={"openai": key}, budget_cents=cents) for cents in budgets]
    return [{"id": one.connection.id, "token": one.access_token} for one in linked]


def check(connection_id: str, dead: list[str]) -> dict[str, Any]:
    """Sweep what `dead` processes left, roll up, check invariants (a) to (d), and answer the connection's books."""
    if connection.vendor == "postgresql":  # there a process is dead when its beat is old: let that time pass
        Process.objects.filter(id__in=dead).update(beat_at=datetime.now(UTC) - timedelta(seconds=2 * sweeping.DEAD_AFTER_SECONDS))
    swept = sweeping.sweep(datetime.now(UTC))
    check_invariants()
    _check_rollups()
    entries = LedgerEntry.objects.filter(connection_id=connection_id).values(
        "request_id", "cost_nanos", "granted_nanos", "usage_source", "error_code", "http_status", "output_tokens"
    )
    window = Window.objects.get(subject_id=connection_id, kind=Window.MONTH)
    return {"swept": swept, "entries": list(entries), "spent": window.spent_nanos, "held": window.held_nanos, "limit": window.limit_nanos}


def _check_rollups() -> None:
    """(d): of every kind, connection and model, the sums are those of the ledger."""
    for kind in (Rollup.HOUR, Rollup.DAY):
        rollups.catch_up(kind, datetime.now(UTC))
        for connection_id in LedgerEntry.objects.values_list("connection_id", flat=True).distinct():
            entries = LedgerEntry.objects.filter(connection_id=connection_id)
            rolled = Rollup.objects.filter(kind=kind, connection_id=connection_id)
            booked = entries.aggregate(**{f"n_{name}": Sum(name) for name in _SUMS}) | {"n_requests": entries.count()}
            assert rolled.aggregate(**{f"n_{name}": Sum(name) for name in ("requests", *_SUMS)}) == booked, (kind, connection_id)
        total = Rollup.objects.filter(kind=kind).aggregate(n=Sum("requests"))["n"] or 0
        assert total == LedgerEntry.objects.count(), kind


if __name__ == "__main__":
    order = json.loads(sys.argv[2])
    print(json.dumps(open_budgets(**order) if sys.argv[1] == "open" else check(**order)))
