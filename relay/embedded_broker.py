"""The embedded broker: kombu's filesystem transport in the data folder, made safe for two processes.

The original lets a reader take a message that is still being written, and read a table of queues that is still empty;
either would end the worker.
"""

from __future__ import annotations

import fcntl
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps


def options(folder: Path) -> dict[str, str]:
    """kombu's transport options for a broker in that folder."""
    messages = str(folder / "messages")
    return {"data_folder_in": messages, "data_folder_out": messages, "control_folder": str(folder / "control")}


class Channel(filesystem.Channel):
    """Makes its folders, renames finished messages into place, and queues those who read or change the tables."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]
        for folder in (Path(self.data_folder_in), self.control_folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def get_table(self, exchange: str) -> Any:
        """The queues bound to an exchange."""
        with self._tables_locked():
            return super().get_table(exchange)  # type: ignore[no-untyped-call]

    def queue_bind(self, *args: Any, **kwargs: Any) -> None:
        """Binds a queue to an exchange.

        The whole of it is locked: threads of one process share the original's memory of bindings, and one that finds a binding there
        goes on to send, into a table that the other has not written yet.
        """
        with self._tables_locked():
            super().queue_bind(*args, **kwargs)  # type: ignore[no-untyped-call]

    def _put(self, queue: str, payload: dict[str, Any], **_: Any) -> None:  # type: ignore[override]
        folder = Path(self.data_folder_out)
        unfinished = folder / f"{uuid.uuid4()}.unfinished"
        unfinished.write_text(str(dumps(payload)))  # type: ignore[no-untyped-call]
        unfinished.rename(folder / f"{time.time_ns()}_{uuid.uuid4()}.{queue}.msg")

    @contextmanager
    def _tables_locked(self) -> Iterator[None]:
        with (self.control_folder / "tables.lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


class Transport(filesystem.Transport):
    """`relay.embedded_broker:Transport`, as Celery's settings name it."""

    Channel = Channel
