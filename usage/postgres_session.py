"""A PostgreSQL connection that only runs functions of usage.postgres_functions, with as little as possible around libpq.

psycopg's cursors wait by adding and removing a reader for every statement, which costs five times what the statement itself
does. Here the reader stays, and one prepared statement at a time is sent through psycopg's own libpq wrapper (psycopg.pq).
Source: PostgreSQL 15 manual, 34.4 "Asynchronous Command Processing".
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from psycopg import AsyncConnection, DatabaseError, OperationalError, errors
from psycopg.pq import DiagnosticField, ExecStatus

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn, PGresult

    from usage.postgres_functions import Function

_ANSWER_SECONDS = 18.0
"""More than statement_timeout, with which the server ends what takes too long: beyond this it is away."""
_GAVE_UP = (errors.QueryCanceled, errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure)
"""What ends a transaction, and leaves the connection as it was."""
_GOOD = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


class Session:
    """One connection, opened when it is first needed and again whenever it has broken. Its owner makes one call at a time."""

    def __init__(self, address: dict[str, Any]) -> None:
        self._address = address
        self._connection: AsyncConnection[Any] | None = None
        self._socket = -1  # libpq forgets it when the connection breaks; the loop must still be told
        self._made: set[str] = set()
        self._answer: asyncio.Future[list[PGresult]] | None = None
        self._results: list[PGresult] = []

    async def call(self, function: Function, given: bytes) -> bytes | None:
        """What the function answers for one JSON text. It is made first where this connection has not got it yet.

        Raises psycopg's DatabaseError for what the statement did, OperationalError where the server is away or too slow
        (`gave_up` tells which).
        """
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                return await self._called(function, given)
        except BaseException as error:
            if not isinstance(error, DatabaseError) or (isinstance(error, OperationalError) and not isinstance(error, _GAVE_UP)):
                await self.close()
            if isinstance(error, TimeoutError):
                raise OperationalError("the server does not answer") from error
            raise

    async def close(self) -> None:
        """Disconnect. The next call connects anew."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._unwatch()
            await connection.close()

    async def _called(self, function: Function, given: bytes) -> bytes | None:
        if self._socket == -1:  # never opened, or the server has gone while nobody asked
            await self.close()
            await self._connect()
        assert self._connection is not None
        server, name = self._connection.pgconn, function.name.encode()
        if function.name not in self._made:
            server.send_query(function.make.encode())
            await self._answered(server)
            server.send_prepare(name, function.call.encode())
            await self._answered(server)
            self._made.add(function.name)
        server.send_query_prepared(name, [given])
        return (await self._answered(server)).get_value(0, 0)

    async def _connect(self) -> None:
        connection = await AsyncConnection.connect(**self._address, autocommit=True)
        connection.pgconn.nonblocking = 1
        self._made = set()
        self._connection, self._socket = connection, connection.pgconn.socket
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._read)

    def _unwatch(self) -> None:
        """Have the loop forget the socket: at once where it has broken, as the next connection may get its number."""
        socket, self._socket = self._socket, -1
        if socket != -1:
            self._loop.remove_reader(socket)
            self._loop.remove_writer(socket)

    async def _answered(self, server: PGconn) -> PGresult:
        """The result of what was sent. Raises the DatabaseError it stands for."""
        self._results = []
        self._answer = self._loop.create_future()
        if server.flush():
            self._loop.add_writer(self._socket, self._write)
        result = (await self._answer)[0]
        if result.status not in _GOOD:
            code = result.error_field(DiagnosticField.SQLSTATE) or b""
            message = result.error_field(DiagnosticField.MESSAGE_PRIMARY) or b"the server gave up"
            raise _error(code.decode())(message.decode(errors="replace"))
        return result

    def _read(self) -> None:
        """Take what has come. Twice each time: where the server's last words and a reset of the connection came together, the
        loop reports both at once and then never again (libuv, uv__poll_io), and libpq reads only the first."""
        if self._connection is None:
            return
        try:
            self._take(self._connection.pgconn)
            self._take(self._connection.pgconn)
        except OperationalError as error:
            self._unwatch()
            if self._answer is not None and not self._answer.done():
                self._answer.set_exception(error)

    def _take(self, server: PGconn) -> None:
        """Read once, and look at all that is there: nothing is reported a second time for what libpq has read already."""
        server.consume_input()
        while not server.is_busy():
            result = server.get_result()
            if result is not None:
                self._results.append(result)
                continue
            if self._results and self._answer is not None and not self._answer.done():
                self._answer.set_result(self._results)
            return

    def _write(self) -> None:
        if self._connection is None:
            return
        try:
            if not self._connection.pgconn.flush():
                self._loop.remove_writer(self._socket)
        except OperationalError as error:
            self._unwatch()
            if self._answer is not None and not self._answer.done():
                self._answer.set_exception(error)


def _error(code: str) -> type[DatabaseError]:
    """psycopg's exception for an SQLSTATE; an OperationalError where there is none, for then the connection is gone."""
    try:
        found = errors.lookup(code)
    except KeyError:
        return OperationalError if not code else DatabaseError
    return found if issubclass(found, DatabaseError) else DatabaseError


def gave_up(error: Exception) -> bool:
    """Whether the server has certainly undone the statement, because of a lock, a deadlock or its time."""
    return isinstance(error, _GAVE_UP)
