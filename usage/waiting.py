"""Lines of calls that would fit, were it not for what other calls hold: they wait for those to end, first come first served.

A hold is the worst case, and most calls end far below it. So a call for which there is no room now, though not all is spent,
stands in its connection's line; only the first of a line asks again, whenever this process has settled calls, and a few times a
second for those of other processes. Whoever's patience ends takes what is there, or is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from time import monotonic
from typing import Final, TypeVar
from weakref import WeakValueDictionary

Answer = TypeVar("Answer")

PATIENCE_SECONDS = 10.0
_LOOK_SECONDS: Final = 0.2


class Lines:
    """The lines of one process. `settled` answers an event that is set when the next calls have been settled."""

    def __init__(self, settled: Callable[[], asyncio.Event]) -> None:
        self._settled = settled
        self._lines: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    def has(self, key: Hashable) -> bool:
        """Whether somebody stands in this line: who comes now must stand behind."""
        line = self._lines.get(key)
        return line is not None and line.locked()

    async def wait(self, key: Hashable, attempt: Callable[[bool], Awaitable[Answer]], may_wait: Callable[[Answer], bool]) -> Answer:
        """The first answer of `attempt(False)` for which waiting is no use; when patience ends, that of `attempt(True)`.

        An attempt is never cut short: it may have made its hold.
        """
        patience_ends = monotonic() + PATIENCE_SECONDS
        line = self._lines.setdefault(key, asyncio.Lock())
        if not await _acquired(line, PATIENCE_SECONDS):
            return await attempt(True)
        try:
            while (left := patience_ends - monotonic()) > 0:
                settled = self._settled()
                answer = await attempt(False)
                if not may_wait(answer):
                    return answer
                with suppress(TimeoutError):
                    await asyncio.wait_for(settled.wait(), min(_LOOK_SECONDS, left))
            return await attempt(True)
        finally:
            line.release()


async def _acquired(line: asyncio.Lock, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await line.acquire()
    except TimeoutError:
        return False
    return True
