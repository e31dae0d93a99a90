"""Settles ended calls: those of the last twenty milliseconds in one transaction, each exactly once by its hold's id."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from usage import runtime

logger = logging.getLogger(__name__)

GATHER_SECONDS = 0.02
_MOST_AT_ONCE = 256
_FIRST_RETRY_SECONDS = 0.05
_LAST_RETRY_SECONDS = 5.0
_TRIES_ALONE = 3
_ASK_AGAIN_SECONDS = 20.0
_CATCH_UP_SECONDS = 1.0

UsageSource = Literal["provider_cost", "provider_usage", "estimated"]


@dataclass(slots=True)
class Outcome:
    """How a call that reached a provider ended. `cost_nanos` of None books all that was held (nobody knows better).

    `http_status` is the provider's, None if it gave none; `error_code` is ours, for a call that failed on the way.
    """

    hold_id: str
    http_status: int | None
    input_tokens: int
    output_tokens: int
    cached_input_tokens: int
    cost_nanos: int | None
    usage_source: UsageSource
    latency_ms: int | None
    error_code: str | None = None


@dataclass(slots=True)
class _Ending:
    """One hold to end, as the SQL takes it, and how often that failed with nothing else in the transaction."""

    row: dict[str, object]
    failures: int = 0


def settle(outcome: Outcome) -> None:
    """Hand over a finished call; it is in the ledger within some twenty milliseconds, or as soon as the database allows.

    A second outcome for the same hold, or one for a hold that was swept meanwhile, changes nothing.
    """
    runtime.current().settler.add(
        {
            "hold_id": outcome.hold_id,
            "released": False,
            "http_status": outcome.http_status,
            "error_code": (outcome.error_code or "")[:40],
            "latency_ms": outcome.latency_ms,
            "usage_source": outcome.usage_source,
            "input_tokens": outcome.input_tokens,
            "output_tokens": outcome.output_tokens,
            "cached_input_tokens": outcome.cached_input_tokens,
            "cost_nanos": outcome.cost_nanos,
        }
    )


def release(hold_id: str) -> None:
    """Give back the hold of a call that never reached a provider: nothing is booked."""
    runtime.current().settler.add(released(hold_id))


async def flush() -> None:
    """Wait until everything handed over so far is in the database."""
    await runtime.current().settler.flush()


def released(hold_id: str) -> dict[str, object]:
    """The row that ends a hold without booking anything."""
    return {"hold_id": hold_id, "released": True}


def worst_case(hold_id: str, error_code: str) -> dict[str, object]:
    """The row that ends a hold whose outcome nobody knows: booked at all that was granted, marked estimated."""
    return {
        "hold_id": hold_id,
        "released": False,
        "http_status": None,
        "error_code": error_code,
        "latency_ms": None,
        "usage_source": "estimated",
        "input_tokens": 0,
        "output_tokens": 0,
        "cached_input_tokens": 0,
        "cost_nanos": None,
    }


class Settler:
    """The queue of ended calls of one process, and the task that writes them."""

    def __init__(self, database: runtime.Database) -> None:
        self._database = database
        self._endings: list[_Ending] = []
        self.written = asyncio.Event()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._reminders: dict[str, asyncio.TimerHandle] = {}

    def start(self) -> None:
        """Begin writing."""
        self._task = asyncio.create_task(self._write_forever(), name="usage-settler")

    def add(self, row: dict[str, object]) -> None:
        """Queue one ending."""
        self._endings.append(_Ending(row))
        self._idle.clear()
        self._wake.set()

    def release_uncertain(self, hold_id: str) -> None:
        """Release a hold that may or may not have been made: now, and once more when no statement can still make it."""
        self.add(released(hold_id))
        self._reminders[hold_id] = asyncio.get_running_loop().call_later(_ASK_AGAIN_SECONDS, self._remind, hold_id)

    def _remind(self, hold_id: str) -> None:
        del self._reminders[hold_id]
        self.add(released(hold_id))

    async def flush(self) -> None:
        """Wait until the queue is empty and written."""
        await self._idle.wait()

    async def catch_up(self) -> bool:
        """Write what has ended so far, waiting a second for it at most; False if there was nothing to wait for."""
        if not self._endings:
            return False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CATCH_UP_SECONDS):
                await self._idle.wait()
        return True

    async def close(self, patience_seconds: float) -> None:
        """Write what is left and end the task; whatever can't be written in time stays held, for the sweep."""
        for hold_id, handle in self._reminders.items():
            handle.cancel()
            self.add(released(hold_id))
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=patience_seconds)
            self._task.cancel()
        if self._endings:
            logger.error("%d calls could not be settled before the end; the sweep will", len(self._endings))

    async def _write_forever(self) -> None:
        while True:
            await self._wake.wait()
            if not self._closing:
                await asyncio.sleep(GATHER_SECONDS)
            self._wake.clear()
            await self._write_queue()
            self._idle.set()
            if self._closing:
                return

    async def _write_queue(self) -> None:
        """Write until nothing is queued, waiting longer from failure to failure."""
        pause = _FIRST_RETRY_SECONDS
        size = _MOST_AT_ONCE
        while self._endings:
            batch = self._endings[:size]
            try:
                await self._write(batch)
            except Exception:
                logger.exception("settling %d calls failed; trying again", len(batch))
                size = max(1, len(batch) // 2)
                if len(batch) == 1:
                    self._after_failing_alone(batch[0])
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LAST_RETRY_SECONDS)
            else:
                del self._endings[: len(batch)]
                self._tell_written()
                pause, size = _FIRST_RETRY_SECONDS, min(2 * size, _MOST_AT_ONCE)

    def _tell_written(self) -> None:
        """Wake those who wait for the next calls to be settled; `written` is a new event from here on."""
        written, self.written = self.written, asyncio.Event()
        written.set()

    async def _write(self, batch: list[_Ending]) -> None:
        await self._database.end([ending.row for ending in batch], datetime.now(UTC))

    def _after_failing_alone(self, ending: _Ending) -> None:
        """Let the calls behind go first; and from the third failure on, book the worst case instead of the outcome."""
        ending.failures += 1
        self._endings.append(self._endings.pop(0))
        if ending.failures >= _TRIES_ALONE and not ending.row["released"]:
            ending.row = worst_case(str(ending.row["hold_id"]), "settle_failed")
