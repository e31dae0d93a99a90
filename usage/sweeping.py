"""Ends the holds of processes that died: nobody can know what the provider charged, so the worst case is booked.

Embedded, a process is dead when nobody holds the lock of its file beside the database, which is known at once, however
it ended and whatever its old process number belongs to now. Otherwise it is dead when it has not beaten for
`DEAD_AFTER_SECONDS` by the database's own clock. A process that was merely asleep finds its calls settled already.
"""

from __future__ import annotations

import fcntl
import json
import logging
from datetime import datetime, timedelta
from pathlib import Path

from django.db import connection
from django.db.models.functions import Now

from usage import statements
from usage.models import Hold, Process
from usage.settlement import settle_statements
from usage.settling import worst_case

logger = logging.getLogger(__name__)

DEAD_AFTER_SECONDS = 40
LONGEST_CALL = timedelta(hours=24)
_MOST_AT_ONCE = 500


def lock_path(process_id: str) -> Path:
    """Where an embedded process keeps its lock: beside the database file."""
    return Path(f"{connection.settings_dict['NAME']}.processes") / f"{process_id}.lock"


def sweep(now: datetime) -> int:
    """End the holds of dead processes, and those older than any call; returns how many. Safe to run at any time, twice."""
    ended = 0
    for process in Process.objects.annotate(db_now=Now()).order_by("id"):
        if not _is_alive(process):
            ended += sweep_process(process.id, now)
            if connection.vendor == "sqlite":
                lock_path(process.id).unlink(missing_ok=True)
    ownerless = Hold.objects.exclude(owner_id__in=Process.objects.values("id"))
    overdue = Hold.objects.filter(admitted_at__lt=now - LONGEST_CALL)
    return ended + _end(list((ownerless | overdue).values_list("id", flat=True)), now)


def sweep_process(process_id: str, now: datetime) -> int:
    """End all holds of one process, and forget it; returns how many holds."""
    ended = _end(list(Hold.objects.filter(owner_id=process_id).values_list("id", flat=True)), now)
    Process.objects.filter(id=process_id).delete()
    return ended


def _is_alive(process: Process) -> bool:
    if connection.vendor == "sqlite" and lock_path(process.id).exists():
        with lock_path(process.id).open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False
    database_now: datetime = process.db_now  # type: ignore[attr-defined]  # annotated in sweep()
    return process.beat_at > database_now - timedelta(seconds=DEAD_AFTER_SECONDS)


def _end(hold_ids: list[str], now: datetime) -> int:
    for start in range(0, len(hold_ids), _MOST_AT_ONCE):
        rows = [worst_case(hold_id, "owner_lost") for hold_id in hold_ids[start : start + _MOST_AT_ONCE]]
        statements.run(settle_statements(statements.dialect()), {"done": json.dumps(rows), "now": now})
    if hold_ids:
        logger.warning("swept %d holds of calls whose process is gone", len(hold_ids))
    return len(hold_ids)
