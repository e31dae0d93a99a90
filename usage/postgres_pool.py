"""PostgreSQL's hot path: sessions that admit and settle, and psycopg's asynchronous pool for everything else.

An admission is one statement in a transaction of its own (usage.admitting), and no connection is held while a provider
answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from psycopg import AsyncConnection, OperationalError
from psycopg.types.numeric import Int8
from psycopg_pool import AsyncConnectionPool

from relay.core.errors import ServiceUnavailable
from usage.admitting import Admitting
from usage.dialects import POSTGRESQL, Params
from usage.guard import Guard
from usage.postgres_functions import end_function
from usage.postgres_session import Session
from usage.settlement import settle_statements

_SIZE = 8
_ADMITTING = 2
_WAIT_SECONDS = 10.0
# Sums are right under READ COMMITTED, where a row lock returns the newest version; plans must not depend on whether a
# table looked empty when they were made; and no admission outlives its asker by much.
_SESSION = (
    "-c default_transaction_isolation=read\\ committed -c plan_cache_mode=force_generic_plan -c enable_seqscan=off "
    "-c statement_timeout=15000 -c application_name=1relay"
)
_IMPATIENT = "-c lock_timeout=500"
"""An admission that meets a locked budget leaves the others of its batch their turn, and comes again behind them."""
_KEEP_ALIVE = {"connect_timeout": 10, "keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
_MOST_SECONDS = 18.0

Row = Sequence[Any]


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
        admitting = [Session({**address, "options": f"{_SESSION} {_IMPATIENT}"}) for _ in range(_ADMITTING)]
        self._admitting = Admitting(admitting, self._unavailable)
        self._ending = Session({**address, "options": _SESSION})
        self._sessions = (*admitting, self._ending)
        self._settle = end_function(settle_statements(POSTGRESQL))

    async def open(self) -> None:
        """Connect; raises if the database can't be reached."""
        await self._pool.open(wait=True, timeout=_WAIT_SECONDS)

    async def close(self) -> None:
        """Disconnect."""
        if self._checking is not None:
            self._checking.cancel()
        self._admitting.stop()
        for session in self._sessions:
            await session.close()
        await self._pool.close()

    async def admit(self, guard: Guard, params: Params) -> Row | None:
        """Run the admission, together with those that wait already; None if the CTE found no caller."""
        return await self._admitting.admit(guard, params)

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
