"""SQLite's hot path: one thread with one connection, which commits what has queued up in one transaction.

Each job runs in a savepoint of its own, so one job's failure undoes that job alone; all answers go out after the
commit, so nobody acts on what a crash could take back (WAL, synchronous=FULL).
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from relay.core.errors import ServiceUnavailable
from usage.dialects import SQLITE, Params, sqlite_params, to_sqlite
from usage.guard import Guard
from usage.settlement import settle_statements

_BUSY_SECONDS = 20.0
_MOST_JOBS = 128

Row = Sequence[Any]


@dataclass(slots=True)
class _Job:
    work: Callable[[sqlite3.Connection], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = field(default=None)


class SqliteWriter:
    """The hot path's database when embedded. Every call is queued in order and answered once it is on disk.

    Every call raises ServiceUnavailable when another process keeps the file locked, or the disk fails.
    """

    dialect = SQLITE

    def __init__(self, path: str) -> None:
        self._path = path
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="usage-writer", daemon=True)
        self._opened = threading.Event()
        self._settle = [to_sqlite(sql) for sql in settle_statements(SQLITE)]

    async def open(self) -> None:
        """Start the thread."""
        self._thread.start()
        await asyncio.to_thread(self._opened.wait)

    async def close(self) -> None:
        """Do what is queued, then end the thread."""
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    async def admit(self, guard: Guard, params: Params) -> Row | None:
        """Run the admission; the row is None if the CTE found no caller."""
        given = sqlite_params(params)
        row: Row | None = await self._submit(lambda connection: _admit(connection, guard, given))
        return row

    async def end(self, done: list[dict[str, object]], now: datetime) -> None:
        """End the holds that `done` names, in one transaction (usage.settlement)."""
        given = sqlite_params({"done": orjson.dumps(done).decode(), "now": now})
        await self._submit(lambda connection: _execute_all(connection, self._settle, given))

    async def fetch(self, sql: str, params: Params) -> list[Row]:
        """Rows of one reading statement."""
        text, given = to_sqlite(sql), sqlite_params(params)
        rows: list[Row] = await self._submit(lambda connection: connection.execute(text, given).fetchall())
        return rows

    async def transact(self, statements: Sequence[str], params: Params) -> None:
        """Run writing statements, all or nothing."""
        texts, given = [to_sqlite(sql) for sql in statements], sqlite_params(params)
        await self._submit(lambda connection: _execute_all(connection, texts, given))

    def _submit(self, work: Callable[[sqlite3.Connection], Any]) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._jobs.put(_Job(work, loop, future))
        return future

    def _work(self) -> None:
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")
        self._opened.set()
        try:
            ending = False
            while not ending:
                jobs, ending = self._next_jobs()
                if jobs:
                    _commit_together(connection, jobs)
                    _answer(jobs)
        finally:
            connection.close()

    def _next_jobs(self) -> tuple[list[_Job], bool]:
        """What has queued up, waiting for at least one; and whether the end was asked for."""
        jobs: list[_Job] = []
        item = self._jobs.get()
        while item is not None:
            jobs.append(item)
            if len(jobs) == _MOST_JOBS or self._jobs.empty():
                return jobs, False
            item = self._jobs.get_nowait()
        return jobs, True


def _commit_together(connection: sqlite3.Connection, jobs: list[_Job]) -> None:
    try:
        connection.execute("BEGIN IMMEDIATE")
        for job in jobs:
            _run(connection, job)
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        for job in jobs:
            job.error = job.error or error


def _run(connection: sqlite3.Connection, job: _Job) -> None:
    connection.execute("SAVEPOINT job")
    try:
        job.result = job.work(connection)
    except Exception as error:  # noqa: BLE001 (whatever it is, it is the asker's, and the other jobs go on)
        job.error = error
        connection.execute("ROLLBACK TO job")
    connection.execute("RELEASE job")


def _answer(jobs: list[_Job]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
    for job in jobs:
        by_loop.setdefault(job.loop, []).append(job)
    for loop, answered in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, answered)


def _resolve(jobs: list[_Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if job.error is None:
            job.future.set_result(job.result)
        elif isinstance(job.error, sqlite3.OperationalError):
            unavailable = ServiceUnavailable(headers={"Retry-After": "1"})
            unavailable.__cause__ = job.error
            job.future.set_exception(unavailable)
        else:
            job.future.set_exception(job.error)


def _admit(connection: sqlite3.Connection, guard: Guard, params: Params) -> Row | None:
    steps = guard.sqlite
    row: Row | None = connection.execute(steps.decide, params).fetchone()
    if row is None:
        return None
    answer, ids = row[:-4], row[-4:]
    if answer[len(guard.caller_columns)]:
        found = dict(zip(guard.caller_columns, answer, strict=False))
        granted, minute_calls = answer[len(guard.caller_columns) + 1], answer[len(guard.caller_columns) + 6]
        values = {
            **params,
            **dict(zip(("m_id", "d_id", "u_id", "minute_at"), ids, strict=True)),
            "connection_id": found["connection_id"],
            "user_id": found["user_id"],
            "app_id": found["app_id"],
            "granted": granted,
            "minute_calls": minute_calls,
        }
        for statement in (steps.hold_windows, steps.count_call, steps.insert_hold):
            connection.execute(statement, values)
    return answer


def _execute_all(connection: sqlite3.Connection, statements: list[str], params: Params) -> None:
    for statement in statements:
        connection.execute(statement, params)
