"""Answers of PostgreSQL that come cut anywhere: a session takes them all, and waits for nothing that is there already."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvloop

from usage.postgres_functions import Function
from usage.postgres_session import Session

DATABASE_URL = os.environ.get("DATABASE_URL", "")
pytestmark = pytest.mark.skipif(not DATABASE_URL.startswith("postgres"), reason="needs PostgreSQL")
BIG = Function("big", "SELECT 1", "SELECT repeat('x', CAST($1 AS integer))")


def _address(port: int | None) -> dict[str, Any]:
    there = urlsplit(DATABASE_URL)
    return {"host": there.hostname, "port": port, "user": there.username, "password": there.password, "dbname": there.path[1:]}


def _pass_on(source: socket.socket, target: socket.socket, piece: int) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(piece):
            target.sendall(data)
    for one in (source, target):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def _between(host: str, port: int, piece: int) -> Iterator[int]:
    """The port of a server that passes on what PostgreSQL says so many bytes at a time."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            made, _ = listener.accept()
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with made, socket.create_connection((host, port)) as there:
                up = threading.Thread(target=_pass_on, args=(made, there, 65536))
                up.start()
                _pass_on(there, made, piece)
                up.join()

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@pytest.mark.parametrize("piece", [1, 7, 100, 4096, 20_000])
def test_answers_that_come_in_pieces_are_whole(piece: int) -> None:
    there = urlsplit(DATABASE_URL)
    assert there.hostname is not None
    assert there.port is not None

    async def work(port: int) -> None:
        session = Session(_address(port))
        try:
            async with asyncio.timeout(20):
                for size in (0, 1, piece, 3000, 10_000 if piece < 100 else 100_000):
                    assert await session.call(BIG, b"%d" % size) == b"x" * size
        finally:
            await session.close()

    with _between(there.hostname, there.port, piece) as port:
        uvloop.run(work(port))


def test_a_reader_that_is_told_late_misses_nothing() -> None:
    """All of an answer is there, in more pieces than one, before the loop looks."""

    async def work() -> None:
        session = Session(_address(urlsplit(DATABASE_URL).port))
        try:
            await session.call(BIG, b"1")
            async with asyncio.timeout(20):
                for size in range(6_000, 40_000, 1_500):
                    call = asyncio.create_task(session.call(BIG, b"%d" % size))
                    await asyncio.sleep(0)
                    time.sleep(0.003)
                    assert await call == b"x" * size
        finally:
            await session.close()

    uvloop.run(work())
