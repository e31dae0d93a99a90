"""Admissions on PostgreSQL: calls that come while admissions are under way are admitted together, in the next.

One round trip and one commit for all of them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import orjson
from psycopg import OperationalError

from relay.core.errors import ServiceUnavailable
from usage.dialects import Params
from usage.guard import Guard
from usage.postgres_session import Session, gave_up

_HELD_UP_SECONDS = 0.02
"""A batch takes a millisecond or a few. While one is under way the next grows, which costs less than two at once; but one that
waits for a lock must not keep the others waiting."""
_MOST_CALLS = 64
_LOCK_PATIENCE_SECONDS = 3.0
"""So long, or two commits of a disk that stalls: then its caller is told to come back."""

Row = Sequence[Any]


@dataclass(slots=True)
class _Asking:
    """A call that waits to be admitted with others."""

    guard: Guard
    params: Params
    answer: asyncio.Future[Row | None]
    since: float
    met_a_lock: bool = False

    def caller(self) -> str:
        """What the caller is found by: calls of one caller stand together, so that halving a batch parts them from the others."""
        return str(self.params[self.guard.found_by])


class Admitting:
    """Admits over sessions of its own, as many batches at once as there are sessions. For tasks of one event loop."""

    def __init__(self, sessions: Sequence[Session], unavailable: Callable[[], ServiceUnavailable]) -> None:
        self._free = list(sessions)
        self._count = len(self._free)
        self._unavailable = unavailable
        self._asking: deque[_Asking] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._batch_began_at = 0.0

    async def admit(self, guard: Guard, params: Params) -> Row | None:
        """Run the admission, together with those that wait already; None if the CTE found no caller.

        Raises ServiceUnavailable as `unavailable` makes it.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Row | None] = loop.create_future()
        self._asking.append(_Asking(guard, params, answer, monotonic()))
        if self._free and (len(self._free) == self._count or monotonic() - self._batch_began_at > _HELD_UP_SECONDS):
            task = loop.create_task(self._admit_waiting(self._free.pop()))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await answer

    def stop(self) -> None:
        """Leave the batches under way."""
        for task in tuple(self._tasks):
            task.cancel()

    async def _admit_waiting(self, session: Session) -> None:
        """Admit who waits, batch after batch, until nobody does."""
        try:
            while self._asking:
                batch = [asking for asking in self._next_batch() if not asking.answer.done()]
                batch.sort(key=_Asking.caller)
                self._batch_began_at = monotonic()
                await self._admit_together(session, batch)
        finally:
            self._free.append(session)

    def _next_batch(self) -> list[_Asking]:
        """Those who have waited longest and can go together. Who met a lock goes alone: it may still be there."""
        batch = [self._asking.popleft()]
        while self._asking and len(batch) < _MOST_CALLS and not batch[0].met_a_lock:
            following = self._asking[0]
            if following.met_a_lock or following.guard is not batch[0].guard:
                break
            batch.append(self._asking.popleft())
        return batch

    async def _admit_together(self, session: Session, batch: list[_Asking]) -> None:
        """Answer every call of the batch. Where the server has undone it, halves of it are tried, so that one's trouble is that
        one's; where nobody knows, all are refused."""
        if not batch:
            return
        try:
            answer = await session.call(batch[0].guard.postgresql, orjson.dumps([asking.params for asking in batch]))
            rows = orjson.loads(answer or b"[]")
        except Exception as error:  # noqa: BLE001 (whatever it is, it is the askers')
            if len(batch) > 1 and (gave_up(error) or not isinstance(error, OperationalError)):
                middle = len(batch) // 2
                await self._admit_together(session, batch[:middle])
                await self._admit_together(session, batch[middle:])
                return
            if gave_up(error) and monotonic() - batch[0].since < _LOCK_PATIENCE_SECONDS:
                batch[0].met_a_lock = True
                self._asking.append(batch[0])
                return
            refusal: Exception = error
            if isinstance(error, OperationalError):
                refusal = self._unavailable()
                refusal.__cause__ = error
            for asking in batch:
                if not asking.answer.done():
                    asking.answer.set_exception(refusal)
            return
        for asking, row in zip(batch, rows, strict=True):
            if not asking.answer.done():
                asking.answer.set_result(row)
