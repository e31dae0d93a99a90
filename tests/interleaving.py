"""Something else that happens between two statements of one request, on the same database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection as database


@contextmanager
def just_after(statement: str, meanwhile: Callable[[], object]) -> Iterator[None]:
    """Does `meanwhile` once, right after the first SQL statement that begins so."""
    done: list[object] = []

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if not done and sql.startswith(statement):
            done.append(True)
            meanwhile()
        return result

    with database.execute_wrapper(watch):
        yield
    assert done
