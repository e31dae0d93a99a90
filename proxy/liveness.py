"""What can end a call from outside its own task: its client leaving, its connection ending, silence, the process stopping.

All calls of a process are asked after in one query a second.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Final

from linkflow import grants
from relay.core.errors import ApiError, ProviderTimeout, ServiceUnavailable

if TYPE_CHECKING:
    from types import TracebackType

    from proxy.request import Receive

logger = logging.getLogger(__name__)

CHECK_SECONDS: Final = 0.5
"""Half of the second that a revoked stream may go on (api.md): the other half is for the query and the goodbye."""
IDLE_SECONDS: Final = 300.0


class Ended(Exception):
    """The call was ended from outside. `error` is what to tell the client; None: it has gone."""

    def __init__(self, error: ApiError | None) -> None:
        self.error = error
        super().__init__("client gone" if error is None else error.code)


class Lifeline:
    """One call under way. Inside `with lifeline:` an end cancels whatever is awaited, and leaves as Ended.

    Outside of it (admission, settling) nothing is interrupted; an end that came meanwhile is raised on entering.
    """

    __slots__ = ("_armed", "_ended", "_error", "_task", "_watcher", "connection_id", "touched_at")

    def __init__(self, connection_id: str) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._armed = False
        self._ended = False
        self._error: ApiError | None = None
        self._watcher: asyncio.Task[None] | None = None
        self.connection_id = connection_id
        self.touched_at: float | None = None

    def watch(self, receive: Receive) -> None:
        """End the call when its client leaves."""
        self._watcher = asyncio.create_task(self._wait_for_leaving(receive))

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

    async def _wait_for_leaving(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.end(None)


class Watch:
    """All calls under way in this process, and the task that asks after them."""

    def __init__(self) -> None:
        self._calls: set[Lifeline] = set()
        self._idle = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin asking."""
        self._task = asyncio.create_task(self._ask_forever(), name="proxy-liveness")

    async def stop(self, patience_seconds: float) -> None:
        """End every call, and wait for them to be settled."""
        if self._task is not None:
            self._task.cancel()
        for call in tuple(self._calls):
            call.end(ServiceUnavailable("The relay is restarting. Try again in a moment.", headers={"Retry-After": "2"}))
        self._note_idle()
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_seconds):
                await self._idle.wait()

    def add(self, call: Lifeline) -> None:
        """Ask after this call from now on."""
        self._calls.add(call)
        self._idle.clear()

    def remove(self, call: Lifeline) -> None:
        """It has ended."""
        self._calls.discard(call)
        self._note_idle()

    def _note_idle(self) -> None:
        if not self._calls:
            self._idle.set()

    async def _ask_forever(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            if self._calls:
                self._end_silent(monotonic())
                try:
                    await self._end_dead()
                except Exception:
                    logger.exception("asking after running calls failed; asking again")

    async def _end_dead(self) -> None:
        dead = await grants.dead_among({call.connection_id for call in self._calls})
        if dead:
            for call in tuple(self._calls):
                if reason := dead.get(call.connection_id):
                    call.end(reason())

    def _end_silent(self, now: float) -> None:
        for call in tuple(self._calls):
            if call.touched_at is not None and now - call.touched_at > IDLE_SECONDS:
                call.end(ProviderTimeout("The stream stood still for too long."))
