"""The life of a process that admits calls: its row, its beat, its lock file when embedded, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from asgiref.sync import sync_to_async
from django.db import connection, connections

from relay.core.ids import mint_id
from usage import runtime, sweeping
from usage.postgres_pool import PostgresPool
from usage.settling import Settler
from usage.sqlite_writer import SqliteWriter
from usage.waiting import Lines

logger = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
_STOP_SECONDS = 10.0
_BEAT = """INSERT INTO usage_process (id, started_at, beat_at)
VALUES (%(process_id)s, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)
ON CONFLICT (id) DO UPDATE SET beat_at = CURRENT_TIMESTAMP"""

_beats: list[asyncio.Task[None]] = []
_locks: list[IO[bytes]] = []


async def start() -> None:
    """Open the hot path's database, appear as an owner of holds, and sweep the dead before the first admission."""
    process_id = mint_id("prc")
    database = _database()
    if connection.vendor == "sqlite":
        _locks.append(_take_lock(process_id))
    await database.open()
    settler = Settler(database)
    await _beat_once(database, process_id)
    await sync_to_async(_sweep, thread_sensitive=False)()
    settler.start()
    runtime.set_current(runtime.Runtime(process_id, database, settler, Lines(lambda: settler.written)))
    _beats.append(asyncio.create_task(_beat_forever(database, process_id), name="usage-beat"))


async def stop() -> None:
    """Settle what has ended, book what has not at its worst case, and disappear."""
    running = runtime.current()
    for beat in _beats:
        beat.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beat
    _beats.clear()
    await running.settler.close(_STOP_SECONDS)
    runtime.set_current(None)
    await running.database.close()
    await sync_to_async(_leave, thread_sensitive=False)(running.process_id)
    while _locks:
        _locks.pop().close()


def _database() -> runtime.Database:
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return SqliteWriter(str(settings["NAME"]))
    return PostgresPool(_postgres_address(settings))


def _postgres_address(settings: dict[str, Any]) -> dict[str, Any]:
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    address = {theirs: settings[ours] for ours, theirs in names.items() if settings.get(ours)}
    options = settings.get("OPTIONS", {})
    return address | {name: value for name, value in options.items() if name.startswith("ssl")}


def _take_lock(process_id: str) -> IO[bytes]:
    """Hold a file's lock for as long as the process lives: the kernel lets go of it however the process ends."""
    path = sweeping.lock_path(process_id)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    file = path.open("wb")
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return file


async def _beat_once(database: runtime.Database, process_id: str) -> None:
    await database.transact([_BEAT], {"process_id": process_id})


async def _beat_forever(database: runtime.Database, process_id: str) -> None:
    while True:
        await asyncio.sleep(BEAT_SECONDS)
        try:
            await _beat_once(database, process_id)
        except Exception:
            logger.exception("the heartbeat could not be written; trying again")


def _sweep() -> None:
    try:
        sweeping.sweep(datetime.now(UTC))
    finally:
        connections.close_all()


def _leave(process_id: str) -> None:
    try:
        sweeping.sweep_process(process_id, datetime.now(UTC))
        Path.unlink(sweeping.lock_path(process_id), missing_ok=True)
    finally:
        connections.close_all()
