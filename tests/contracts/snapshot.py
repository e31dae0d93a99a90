"""Everything the database holds, so that a test can say that nothing changed."""

from __future__ import annotations

from typing import Any

from django.db import connection

# What reading and refusing may touch: challenges spent by their first use, a session's last use, a process's beat.
_SPENT = {"accounts_spentchallenge"}
_TOUCHED = {"accounts_usersession": {"last_used_at", "expires_at", "locks_at"}, "usage_process": {"beat_at"}}
_NOT_OURS = {"django_migrations", "sqlite_sequence"}

Tables = dict[str, list[Any]]


def snapshot() -> Tables:
    """Every row of every table, but for what a refused request may touch."""
    with connection.cursor() as cursor:
        names = set(connection.introspection.table_names(cursor)) - _SPENT - _NOT_OURS
        return {name: _rows(cursor, name) for name in sorted(names)}


def _rows(cursor: Any, table: str) -> list[Any]:
    cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
    names = [column[0] for column in cursor.description]
    kept = [position for position, name in enumerate(names) if name not in _TOUCHED.get(table, set())]
    return sorted(repr([_plain(row[position]) for position in kept]) for row in cursor.fetchall())


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value
