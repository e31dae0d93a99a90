"""PostgreSQL's hot path: sessions that admit and settle, and psycopg's asynchronous pool for everything else.

An admission is one statement in a transaction of its own, and no connection is held while a provider answers. Calls that
come while admissions are under way are admitted together, in the next: one round trip and one commit for all of them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from psycopg import AsyncConnection, OperationalError
from psycopg.types.numeric import Int8
from psycopg_pool import AsyncConnectionPool

from relay.core.errors import ServiceUnavailable
from usage.dialects import POSTGRESQL, Params
from usage.guard import Guard
from usage.postgres_functions import end_function
from usage.postgres_session import Session, gave_up
from usage.settlement import settle_statements

_SIZE = 8
_ADMITTING = 2
_HELD_UP_SECONDS = 0.02
"""A batch takes a millisecond or a few. While one is under way the next grows, which costs less than two at once; but one that
waits for a lock must not keep the others waiting."""
_MOST_CALLS = 64
_WAIT_SECONDS = 10.0
# Sums are right under READ COMMITTED, where a row lock returns the newest version; plans must not depend on whether a
# table looked empty when they were made; and no admission outlives its asker by much.
_SESSION = (
    "-c default_transaction_isolation=read\\ committed -c plan_cache_mode=force_generic_plan -c enable_seqscan=off "
    "-c statement_timeout=15000 -c application_name=1relay"
)
_IMPATIENT = "-c lock_timeout=500"
"""An admission that meets a locked budget leaves the others of its batch their turn, and comes again behind them."""
_LOCK_PATIENCE_SECONDS = 3.0
"""So long, or two commits of a disk that stalls: then its caller is told to come back."""
_KEEP_ALIVE = {"connect_timeout": 10, "keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
_MOST_SECONDS = 18.0

Row = Sequence[Any]


@dataclass(slots=True)
class _Asking:
    """A call that waits to be admitted with others."""

    guard: Guard
    params: Params
    answer: asyncio.Future[Row | None]
    since: float
    met_a_lock: bool = False

    def caller(self) -> str:
        """What the caller is found by: calls of one caller stand together, so that halving a batch parts them from the others."""
        return str(self.params[self.guard.found_by])


class PostgresPool:
    """The hot path's database otherwise. Safe to use from any number of tasks of one event loop.

    Every call raises ServiceUnavailable when the server is away, too slow, or gave up on the transaction.
    """

    dialect = POSTGRESQL

    def __init__(self, connection: dict[str, Any]) -> None:
        self._pool: AsyncConnectionPool[AsyncConnection[Row]] = AsyncConnectionPool(
            kwargs={**_KEEP_ALIVE, **connection, "autocommit": True, "prepare_threshold": 0, "options": _SESSION},
            min_size=2,
            max_size=_SIZE,
            timeout=_WAIT_SECONDS,
            open=False,
        )
        self._checking: asyncio.Task[None] | None = None
        address = {**_KEEP_ALIVE, **connection}
        self._free = [Session({**address, "options": f"{_SESSION} {_IMPATIENT}"}) for _ in range(_ADMITTING)]
        self._ending = Session({**address, "options": _SESSION})
        self._sessions = (*self._free, self._ending)
        self._settle = end_function(settle_statements(POSTGRESQL))
        self._asking: deque[_Asking] = deque()
        self._admitting: set[asyncio.Task[None]] = set()
        self._batch_began_at = 0.0

    async def open(self) -> None:
        """Connect; raises if the database can't be reached."""
        self._loop = asyncio.get_running_loop()
        await self._pool.open(wait=True, timeout=_WAIT_SECONDS)

    async def close(self) -> None:
        """Disconnect."""
        if self._checking is not None:
            self._checking.cancel()
        for task in tuple(self._admitting):
            task.cancel()
        for session in self._sessions:
            await session.close()
        await self._pool.close()

    async def admit(self, guard: Guard, params: Params) -> Row | None:
        """Run the admission, together with those that wait already; None if the CTE found no caller."""
        answer: asyncio.Future[Row | None] = self._loop.create_future()
        self._asking.append(_Asking(guard, params, answer, self._loop.time()))
        if self._free and (len(self._free) == _ADMITTING or self._loop.time() - self._batch_began_at > _HELD_UP_SECONDS):
            task = self._loop.create_task(self._admit_waiting(self._free.pop()))
            self._admitting.add(task)
            task.add_done_callback(self._admitting.discard)
        return await answer

    async def end(self, done: list[dict[str, object]], now: datetime) -> None:
        """End the holds that `done` names, in one transaction (usage.settlement)."""
        try:
            await self._ending.call(self._settle, orjson.dumps({"done": done, "now": now}))
        except OperationalError as error:
            raise self._unavailable() from error

    async def fetch(self, sql: str, params: Params) -> list[Row]:
        """Rows of one statement, in a transaction of its own."""
        connection = await self._take()
        try:
            async with asyncio.timeout(_MOST_SECONDS):
                cursor = connection.cursor(binary=True)
                await cursor.execute(sql, _typed(params))
                return await cursor.fetchall()
        except (OperationalError, TimeoutError) as error:
            raise self._unavailable() from error
        finally:
            await self._pool.putconn(connection)

    async def transact(self, statements: Sequence[str], params: Params) -> None:
        """Run writing statements in one transaction and one round trip."""
        given = _typed(params)
        connection = await self._take()
        try:
            async with asyncio.timeout(_MOST_SECONDS), connection.pipeline(), connection.transaction():
                for sql in statements:
                    await connection.execute(sql, given)
        except (OperationalError, TimeoutError) as error:
            raise self._unavailable() from error
        finally:
            await self._pool.putconn(connection)

    async def _admit_waiting(self, session: Session) -> None:
        """Admit who waits, batch after batch, until nobody does."""
        try:
            while self._asking:
                batch = [asking for asking in self._next_batch() if not asking.answer.done()]
                batch.sort(key=_Asking.caller)
                self._batch_began_at = self._loop.time()
                await self._admit_together(session, batch)
        finally:
            self._free.append(session)

    def _next_batch(self) -> list[_Asking]:
        """Those who have waited longest and can go together. Who met a lock goes alone: it may still be there."""
        batch = [self._asking.popleft()]
        while self._asking and len(batch) < _MOST_CALLS and not batch[0].met_a_lock:
            following = self._asking[0]
            if following.met_a_lock or following.guard is not batch[0].guard:
                break
            batch.append(self._asking.popleft())
        return batch

    async def _admit_together(self, session: Session, batch: list[_Asking]) -> None:
        """Answer every call of the batch. Where the server has undone it, halves of it are tried, so that one's trouble is that
        one's; where nobody knows, all are refused."""
        if not batch:
            return
        try:
            answer = await session.call(batch[0].guard.postgresql, orjson.dumps([asking.params for asking in batch]))
            rows = orjson.loads(answer or b"[]")
        except Exception as error:  # noqa: BLE001 (whatever it is, it is the askers')
            if len(batch) > 1 and (gave_up(error) or not isinstance(error, OperationalError)):
                middle = len(batch) // 2
                await self._admit_together(session, batch[:middle])
                await self._admit_together(session, batch[middle:])
                return
            if gave_up(error) and self._loop.time() - batch[0].since < _LOCK_PATIENCE_SECONDS:
                batch[0].met_a_lock = True
                self._asking.append(batch[0])
                return
            refusal: Exception = error
            if isinstance(error, OperationalError):
                refusal = self._unavailable()
                refusal.__cause__ = error
            for asking in batch:
                if not asking.answer.done():
                    asking.answer.set_exception(refusal)
            return
        for asking, row in zip(batch, rows, strict=True):
            if not asking.answer.done():
                asking.answer.set_result(row)

    async def _take(self) -> AsyncConnection[Row]:
        # not pool.connection(): its transaction handling is for connections that are not in autocommit, and costs a fifth
        # of an admission
        try:
            return await self._pool.getconn()
        except OperationalError as error:
            raise self._unavailable() from error

    def _unavailable(self) -> ServiceUnavailable:
        """The refusal; and all idle connections are looked over, the broken ones replaced."""
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._pool.check(), name="usage-pool-check")
        return ServiceUnavailable(headers={"Retry-After": "1"})


def _typed(params: Params) -> Params:
    """Whole numbers always as bigint: psycopg would choose by size, and prepare one statement for each mixture."""
    return {name: Int8(value) if type(value) is int else value for name, value in params.items()}
