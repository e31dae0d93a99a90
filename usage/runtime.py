"""What accounting needs while a process runs: its hot-path database, its id as an owner of holds, its settler, its lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from usage.dialects import Dialect, Params
    from usage.guard import Guard
    from usage.settling import Settler
    from usage.waiting import Lines


class Database(Protocol):
    """The hot path's view of a database: sqlite_writer.SqliteWriter or postgres_pool.PostgresPool."""

    dialect: Dialect

    async def open(self) -> None: ...
    async def close(self) -> None: ...
    async def admit(self, guard: Guard, params: Params) -> Sequence[Any] | None: ...
    async def end(self, done: list[dict[str, object]], now: datetime) -> None: ...
    async def fetch(self, sql: str, params: Params) -> list[Sequence[Any]]: ...
    async def transact(self, statements: Sequence[str], params: Params) -> None: ...


@dataclass(slots=True)
class Runtime:
    """One running process, as an owner of holds."""

    process_id: str
    database: Database
    settler: Settler
    lines: Lines


_running: list[Runtime] = []


def current() -> Runtime:
    """The running process. Raises RuntimeError before usage.process.start() and after stop()."""
    if not _running:
        raise RuntimeError("usage.process.start() has not been called in this process")
    return _running[-1]


def set_current(running: Runtime | None) -> None:
    """Called by usage.process alone."""
    _running[:] = [] if running is None else [running]
