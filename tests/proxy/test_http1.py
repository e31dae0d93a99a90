"""The connection to a provider by itself, against a server that keeps to nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
import uvloop

from proxy.http1 import BrokenAnswer, Connection

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HEAD = b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: %d\r\n\r\n"


@asynccontextmanager
async def connected(serve: Serve, freed: list[Connection]) -> AsyncIterator[Connection]:
    """A connection to a server that serves so; both are gone when the block ends."""
    served = []

    async def noted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(writer)
        with suppress(ConnectionError, asyncio.CancelledError):
            await serve(reader, writer)
        writer.close()

    server = await asyncio.start_server(noted, "127.0.0.1", 0)
    loop = asyncio.get_running_loop()
    port = server.sockets[0].getsockname()[1]
    _, connection = await loop.create_connection(lambda: Connection(loop, freed.append), "127.0.0.1", port)
    yield connection
    connection.abort()
    for writer in served:
        writer.transport.abort()
    server.close()
    await asyncio.sleep(0.05)


def test_a_connection_whose_answer_is_not_read_to_its_end_is_not_used_again() -> None:
    """The answer is whole, but more of it waits than is read ahead: reading is paused, and nobody would read on."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 200000\r\n\r\n" + b"x" * 200_000)
        await reader.read()

    async def work() -> None:
        freed: list[Connection] = []
        async with connected(serve, freed) as connection:
            await connection.send(HEAD % 0, b"")
            async with asyncio.timeout(5):
                while not connection.is_complete:
                    await asyncio.sleep(0.01)
                    if not connection.is_complete:
                        await connection.chunk()
            connection.close()
            assert not (connection.is_open and not connection._transport.is_reading())  # type: ignore[union-attr]

    uvloop.run(work())


def test_an_early_answer_ends_the_sending() -> None:
    """A provider that refuses a large body before it has read it, and reads no more."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.3)
        writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nbig")
        await asyncio.sleep(3)

    async def work() -> None:
        freed: list[Connection] = []
        async with connected(serve, freed) as connection:
            async with asyncio.timeout(2):
                await connection.send(HEAD % 20_000_000, b"x" * 20_000_000)
                assert (connection.status, await connection.chunk()) == (413, b"big")
            connection.close()
            assert not connection.is_open

    uvloop.run(work())


async def _whole(connection: Connection) -> None:
    await connection.send(HEAD % 0, b"")
    while await connection.chunk():
        pass


@pytest.mark.parametrize("coding", [b"chunked", b"chunked ", b"Chunked"])
def test_a_chunked_answer_that_breaks_off_is_broken(coding: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: %s\r\n\r\n5\r\nhel" % coding)

    async def work() -> None:
        async with connected(serve, []) as connection:
            with pytest.raises(BrokenAnswer):
                await _whole(connection)

    uvloop.run(work())


def test_a_connection_that_is_gone_says_so() -> None:
    async def serve(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        return

    async def work() -> None:
        async with connected(serve, []) as connection:
            await asyncio.sleep(0.1)
            assert not connection.is_open
            with pytest.raises(BrokenAnswer):
                await connection.send(HEAD % 0, b"")

    uvloop.run(work())
