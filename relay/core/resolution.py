"""Where a name leads, found within a time: the system's resolver knows no time-out of its own."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

Resolve = Callable[[str, int], list[str]]

_MOST_RESOLVING: Final = 8
_RESOLVING = threading.BoundedSemaphore(_MOST_RESOLVING)


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, in the system's order. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def resolved_within(seconds: float, resolve: Resolve, host: str, port: int) -> list[str]:
    """What `resolve` answers, waited for so long; it is left to end by itself where it takes longer.

    No more than _MOST_RESOLVING of those are about at once. Raises: OSError (TimeoutError among them), ValueError.
    """
    answered: Future[list[str]] = Future()

    def ask() -> None:
        try:
            answered.set_result(resolve(host, port))
        except BaseException as error:  # noqa: BLE001 (it is raised where it is waited for)
            answered.set_exception(error)
        finally:
            _RESOLVING.release()

    ends = time.monotonic() + seconds
    if not _RESOLVING.acquire(timeout=max(seconds, 0)):
        raise TimeoutError
    # A thread that nobody waits for at the process's end, unlike a pool's; and one that survives no fork.
    threading.Thread(target=ask, name="resolve", daemon=True).start()
    return answered.result(timeout=max(ends - time.monotonic(), 0))
