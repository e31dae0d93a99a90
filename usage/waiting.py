"""Lines of calls that would fit, were it not for what other calls hold: they wait for those to end, first come first served.

A hold is the worst case, and most calls end far below it. So a call for which there is no room now, though not all is spent,
stands in its connection's line; only the first of a line asks again, whenever this process has settled calls, and a few times a
second for those of other processes. Whoever's patience ends takes what is there, or is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, TypeVar

Answer = TypeVar("Answer")

PATIENCE_SECONDS = 10.0
_LOOK_SECONDS: Final = 0.2
_PAUSE_SECONDS: Final = 0.02
"""Between two attempts at least: calls of everybody are settled that often, and many lines may stand."""


class Lines:
    """The lines of one process. `settled` answers an event that is set when the next calls have been settled."""

    def __init__(self, settled: Callable[[], asyncio.Event]) -> None:
        self._settled = settled
        self._lines: dict[Hashable, _Line] = {}

    def has(self, key: Hashable) -> bool:
        """Whether somebody stands in this line: who comes now must stand behind."""
        return key in self._lines

    async def wait(self, key: Hashable, attempt: Callable[[bool], Awaitable[Answer]], may_wait: Callable[[Answer], bool]) -> Answer:
        """The first answer of `attempt(False)` for which waiting is no use; when patience ends, that of `attempt(True)`.

        An attempt is never cut short: it may have made its hold.
        """
        patience_ends = monotonic() + PATIENCE_SECONDS
        line = self._lines.setdefault(key, _Line())
        line.waiting += 1
        try:
            if await _acquired(line.turn, PATIENCE_SECONDS):
                try:
                    return await self._first(attempt, may_wait, patience_ends)
                finally:
                    line.turn.release()
            return await attempt(True)
        finally:
            line.waiting -= 1
            if not line.waiting:
                del self._lines[key]

    async def _first(self, attempt: Callable[[bool], Awaitable[Answer]], may_wait: Callable[[Answer], bool], ends_at: float) -> Answer:
        """What the first of a line does until its turn comes or its patience ends."""
        while (left := ends_at - monotonic()) > 0:
            settled = self._settled()
            answer = await attempt(False)
            if not may_wait(answer):
                return answer
            await asyncio.sleep(min(_PAUSE_SECONDS, left))
            with suppress(TimeoutError):
                await asyncio.wait_for(settled.wait(), min(_LOOK_SECONDS, left))
        return await attempt(True)


@dataclass(slots=True)
class _Line:
    """Whose turn it is, and how many wait, the first included."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


async def _acquired(turn: asyncio.Lock, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await turn.acquire()
    except TimeoutError:
        return False
    return True
