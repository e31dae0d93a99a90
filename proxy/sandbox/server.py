"""Serves the sandbox in this process, on a loopback port the system picks: always there, whatever the relay's own port."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

import uvicorn

from proxy.sandbox.app import application

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEEP_ALIVE_SECONDS = 75


class _QuietServer(uvicorn.Server):
    """uvicorn as a guest: signals belong to the server that serves the relay."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's signal handlers alone."""
        yield


class SandboxServer:
    """The sandbox's own HTTP server."""

    def __init__(self) -> None:
        config = uvicorn.Config(
            application,
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=1,
        )
        self._server = _QuietServer(config)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._task: asyncio.Task[None] | None = None
        self.base = ""

    async def start(self) -> None:
        """Listen; `base` is the address afterwards. Who connects before the server runs waits in the socket's queue."""
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(1024)
        self._socket.setblocking(False)
        self.base = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]), name="sandbox")

    async def stop(self) -> None:
        """Close."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
