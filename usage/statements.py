"""Runs the hot path's statements through Django's connection, for services and tasks."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, transaction

from usage.dialects import DIALECTS, Dialect, Params, sqlite_params


def dialect() -> Dialect:
    """The words of the database Django is connected to."""
    return DIALECTS[connection.vendor]


def run(statements: Sequence[str], params: Params) -> None:
    """Run them in one transaction, or in the one that is open."""
    given = sqlite_params(params) if connection.vendor == "sqlite" else params
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, given)
