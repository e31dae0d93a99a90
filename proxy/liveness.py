"""What can end a call from outside its own task: its client leaving, its connection ending, its budget being lowered,
silence, the process stopping.

All calls of a process are asked after together, in one query twice a second. Most calls have ended before: what costs
anything is done at these looks, not at a call's start.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Protocol

from linkflow import grants
from relay.core.errors import ApiError, ProviderTimeout, ServiceUnavailable

if TYPE_CHECKING:
    from types import TracebackType

    from linkflow.grants import Trouble, UnderWay
    from proxy.request import Receive

logger = logging.getLogger(__name__)

CHECK_SECONDS: Final = 0.5
"""Half of the second that a revoked stream may go on (api.md): the other half is for the query and the goodbye."""
WATCHED_AFTER_SECONDS: Final = 0.3
"""From this age on a call's client is watched for leaving: seen at the next look, so within a second from any moment."""


class Ended(Exception):
    """The call was ended from outside. `error` is what to tell the client; None: it has gone."""

    def __init__(self, error: ApiError | None) -> None:
        self.error = error
        super().__init__("client gone" if error is None else error.code)


class Spending(Protocol):
    """A call's money while it runs (proxy.booking)."""

    @property
    def granted_nanos(self) -> int: ...

    def most_so_far(self) -> int: ...


class Lifeline:
    """One call under way. Inside `with lifeline:` an end cancels whatever is awaited, and leaves as Ended.

    Outside of it (admission, settling) nothing is interrupted; an end that came meanwhile is raised on entering.
    """

    __slots__ = ("_armed", "_ended", "_error", "_receive", "_spending", "_task", "_watcher", "began_at", "silent_at", "under_way")

    def __init__(self, task: asyncio.Task[Any], receive: Receive) -> None:
        self._task = task
        self._armed = False
        self._ended = False
        self._error: ApiError | None = None
        self._receive = receive
        self._watcher: asyncio.Task[None] | None = None
        self._spending: Spending | None = None
        self.under_way: UnderWay | None = None
        self.began_at = monotonic()
        self.silent_at: float | None = None

    def admitted(self, under_way: UnderWay, spending: Spending | None) -> None:
        """From here on the call is asked after.

        `spending` is None for calls whose cost can't be seen before they are over: whole answers. A lowered budget does
        not end these.
        """
        self.under_way, self._spending = under_way, spending

    def watch(self) -> None:
        """End the call when its client leaves, or has left."""
        if self._watcher is None:
            self._watcher = asyncio.create_task(self._wait_for_leaving())

    def expect_within(self, seconds: float) -> None:
        """End the call if its provider has sent nothing more by then."""
        self.silent_at = monotonic() + seconds

    def bind(self, trouble: Trouble) -> None:
        """End the call if its connection has ended, or if it can have cost more than its share of an overdrawn window."""
        if trouble.ended is not None:
            self.end(trouble.ended())
        elif self._spending is not None and trouble.overdrawn:
            granted = self._spending.granted_nanos
            tightest = min(trouble.overdrawn, key=lambda window: window.share_of(granted))
            if self._spending.most_so_far() > tightest.share_of(granted):
                self.end(tightest.error(datetime.now(UTC)))

    def end(self, error: ApiError | None) -> None:
        """End the call; of several reasons the first counts."""
        if not self._ended:
            self._ended, self._error = True, error
            if self._armed:
                self._task.cancel()

    def close(self) -> None:
        """Stop watching."""
        if self._watcher is not None:
            self._watcher.cancel()

    def __enter__(self) -> None:
        if self._ended:
            raise Ended(self._error)
        self._armed = True

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._armed = False
        if kind is not None and issubclass(kind, asyncio.CancelledError) and self._ended and not self._task.uncancel():
            raise Ended(self._error) from None

    async def _wait_for_leaving(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.end(None)


class Patience:
    """A wait that ends with TimeoutError, without a timer of its own: it is looked at twice a second.

    Use as `with watch.patience(seconds):` around what is awaited.
    """

    __slots__ = ("_is_over", "_task", "_waits", "until")

    def __init__(self, task: asyncio.Task[Any], waits: set[Patience], seconds: float) -> None:
        self._task, self._waits, self._is_over = task, waits, False
        self.until = monotonic() + seconds

    def end(self) -> None:
        """It has lasted long enough."""
        if not self._is_over:
            self._is_over = True
            self._task.cancel()

    def __enter__(self) -> None:
        self._waits.add(self)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._waits.discard(self)
        if kind is not None and issubclass(kind, asyncio.CancelledError) and self._is_over and not self._task.uncancel():
            raise TimeoutError from None


class Watch:
    """All calls under way in this process, and the tasks that look after them."""

    def __init__(self) -> None:
        self._calls: set[Lifeline] = set()
        self._waits: set[Patience] = set()
        self._idle = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to look."""
        self._loop = asyncio.get_running_loop()
        self._tasks = [
            asyncio.create_task(self._look_forever(), name="proxy-liveness"),
            asyncio.create_task(self._ask_forever(), name="proxy-liveness-database"),
        ]

    async def stop(self, patience_seconds: float) -> None:
        """End every call, and wait for them to be settled."""
        for task in self._tasks:
            task.cancel()
        for call in tuple(self._calls):
            call.end(ServiceUnavailable("The relay is restarting. Try again in a moment.", headers={"Retry-After": "2"}))
        self._note_idle()
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_seconds):
                await self._idle.wait()

    def patience(self, seconds: float) -> Patience:
        """Bounds a wait of the current task."""
        return Patience(self._present_task(), self._waits, seconds)

    def lifeline(self, receive: Receive) -> Lifeline:
        """Looks after the call that the current task makes, from now on."""
        call = Lifeline(self._present_task(), receive)
        self._calls.add(call)
        self._idle.clear()
        return call

    def _present_task(self) -> asyncio.Task[Any]:
        task = asyncio.current_task(self._loop)  # told its loop, asyncio need not look for it, which costs a system call
        assert task is not None
        return task

    def remove(self, call: Lifeline) -> None:
        """It has ended."""
        self._calls.discard(call)
        self._note_idle()

    def _note_idle(self) -> None:
        if not self._calls:
            self._idle.set()

    async def _look_forever(self) -> None:
        """What the process can see by itself, however long the database takes."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            now = monotonic()
            for wait in tuple(self._waits):
                if now > wait.until:
                    wait.end()
            for call in tuple(self._calls):
                if now - call.began_at > WATCHED_AFTER_SECONDS:
                    call.watch()
                if call.silent_at is not None and now > call.silent_at:
                    call.end(ProviderTimeout())

    async def _ask_forever(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            if self._calls:
                try:
                    await self._end_troubled()
                except Exception:
                    logger.exception("asking after running calls failed; asking again")

    async def _end_troubled(self) -> None:
        troubles = await grants.troubles_among(call.under_way for call in self._calls if call.under_way is not None)
        if troubles:
            for call in tuple(self._calls):
                if call.under_way is not None and (trouble := troubles.get(call.under_way)):
                    call.bind(trouble)
