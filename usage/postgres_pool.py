"""PostgreSQL's hot path: psycopg's asynchronous pool, statements prepared once a connection and sent in binary.

Every admission is one statement in a transaction of its own, and no connection is held while a provider answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection, OperationalError
from psycopg.types.numeric import Int8
from psycopg_pool import AsyncConnectionPool

from relay.core.errors import ServiceUnavailable
from usage.dialects import POSTGRESQL, Params
from usage.guard import Guard

_SIZE = 8
_WAIT_SECONDS = 10.0
# Sums are right under READ COMMITTED, where a row lock returns the newest version; plans must not depend on whether a
# table looked empty when they were made; and no admission outlives its asker by much.
_SESSION = (
    "-c default_transaction_isolation=read\\ committed -c plan_cache_mode=force_generic_plan -c enable_seqscan=off "
    "-c statement_timeout=15000 -c application_name=1relay"
)

Row = tuple[Any, ...]


class PostgresPool:
    """The hot path's database otherwise. Safe to use from any number of tasks of one event loop.

    Every call raises ServiceUnavailable when the server is away, too slow, or gave up on the transaction.
    """

    dialect = POSTGRESQL

    def __init__(self, connection: dict[str, Any]) -> None:
        self._pool: AsyncConnectionPool[AsyncConnection[Row]] = AsyncConnectionPool(
            kwargs={**connection, "autocommit": True, "prepare_threshold": 0, "options": _SESSION},
            min_size=2,
            max_size=_SIZE,
            timeout=_WAIT_SECONDS,
            open=False,
        )
        self._checking: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect; raises if the database can't be reached."""
        await self._pool.open(wait=True, timeout=_WAIT_SECONDS)

    async def close(self) -> None:
        """Disconnect."""
        if self._checking is not None:
            self._checking.cancel()
        await self._pool.close()

    async def admit(self, guard: Guard, params: Params) -> Row | None:
        """Run the admission; the row is None if the CTE found no caller."""
        rows = await self.fetch(guard.postgresql, params)
        return rows[0] if rows else None

    async def fetch(self, sql: str, params: Params) -> list[Row]:
        """Rows of one statement, in a transaction of its own."""
        connection = await self._take()
        try:
            cursor = connection.cursor(binary=True)
            await cursor.execute(sql, _typed(params))
            return await cursor.fetchall()
        except OperationalError as error:
            raise self._unavailable() from error
        finally:
            await self._pool.putconn(connection)

    async def transact(self, statements: Sequence[str], params: Params) -> None:
        """Run writing statements in one transaction and one round trip."""
        given = _typed(params)
        connection = await self._take()
        try:
            async with connection.pipeline(), connection.transaction():
                for sql in statements:
                    await connection.execute(sql, given)
        except OperationalError as error:
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
