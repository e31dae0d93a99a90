"""Connections of `onerelay run` that must not outlive it: short-lived, renewed while it lives, and noted on disk until revoked."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from onerelay.user.errors import RelayError, UserError

if TYPE_CHECKING:
    from onerelay.cli.store import Store
    from onerelay.user.account import Account
    from onerelay.user.personal import PersonalConnection

LEASE = timedelta(hours=1)
_RENEWAL_SECONDS = 10 * 60.0
_RETRY_SECONDS = 30.0


def limits_of_a_lease(now: float) -> dict[str, Any]:
    """The `limits` of a connection that ends an hour from `now` (Unix time by the relay's clock) unless it is renewed."""
    return {"expiresAt": (datetime.fromtimestamp(now, UTC) + LEASE).strftime("%Y-%m-%dT%H:%M:%SZ")}


@dataclass
class Lease:
    """One run's connection."""

    account: Account
    connection_id: str
    note: Path
    renewal_seconds: float = _RENEWAL_SECONDS

    def renew(self) -> None:
        """Have it live another hour; where that fails, it is tried again soon."""
        self.renewal_seconds = _RETRY_SECONDS
        with suppress(UserError):
            self.account.connections.change(self.connection_id, limits=limits_of_a_lease(self.account.api.now()))
            self.renewal_seconds = _RENEWAL_SECONDS

    def done(self) -> None:
        """It is revoked: nothing is left to be done by a later run."""
        self.note.unlink(missing_ok=True)


class Leases:
    """The notes, a file each. Whoever runs holds a lock on theirs: a note without one is of a process that was killed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @contextmanager
    def begin(self, account: Account, made: PersonalConnection) -> Iterator[Lease]:
        """Note a connection before the relay is asked to make it."""
        about = {"relay": account.api.origin, "userId": account.me().id, "connectionId": made.id}
        note, file = self._write_locked(made.id, about)
        with file:
            yield Lease(account, made.id, note)

    def _write_locked(self, connection_id: str, about: dict[str, str]) -> tuple[Path, IO[str]]:
        while True:
            note = self._store.write(f"runs/{connection_id}.json", about)
            file = note.open("r", encoding="utf-8")
            _lock(file, wait=True)
            # Another run may have swept it away before it was locked.
            if note.exists() and note.stat().st_ino == os.fstat(file.fileno()).st_ino:
                return note, file
            file.close()

    def sweep(self, account: Account) -> None:
        """Revoke this person's connections whose process was killed."""
        for note in sorted((self._store.folder / "runs").glob("con_*.json")):
            with suppress(OSError, ValueError, UserError), note.open("r", encoding="utf-8") as file:
                if not _lock(file):
                    continue
                about = json.load(file)
                if (about.get("relay"), about.get("userId")) == (account.api.origin, account.me().id):
                    _revoke(account, str(about["connectionId"]))
                    note.unlink(missing_ok=True)


def _revoke(account: Account, connection_id: str) -> None:
    try:
        account.connections.revoke(connection_id)
    except RelayError as error:
        # It was never made, or has ended already.
        if error.status not in {404, 409}:
            raise


def _lock(file: IO[str], *, wait: bool = False) -> bool:
    """Whether nobody else holds the file; the lock ends with this process, whatever ends it."""
    if sys.platform == "win32":
        return wait  # there are no such locks there: what is left ends by its expiry alone
    import fcntl  # noqa: PLC0415  (POSIX only)

    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True
