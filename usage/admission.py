"""Admits calls: asks the guard for a hold, and says why not when there is none."""

from __future__ import annotations

import itertools
import math
import os
import secrets
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from relay.core.errors import ApiError, BudgetExceeded, RateLimited
from relay.core.money import NANOS_PER_CENT, micros_up
from usage import runtime
from usage.dialects import Params
from usage.guard import Guard
from usage.periods import midnight, next_month, periods_at
from usage.windows import open_windows


class Standing(NamedTuple):
    """The verdict, and the sums it was made from, as they stood just before it. A limit of None is none."""

    admitted: bool
    granted_nanos: int
    left_nanos: int
    concurrency: int | None
    open_calls: int
    requests_per_minute: int | None
    minute_calls: int
    month_limit: int | None
    month_spent: int
    month_held: int
    day_limit: int | None
    day_spent: int
    day_held: int
    user_limit: int | None
    user_spent: int
    user_held: int

    @property
    def is_busy(self) -> bool:
        """Whether as many calls are under way, or were made in this minute, as may be."""
        return (self.concurrency is not None and self.open_calls >= self.concurrency) or (
            self.requests_per_minute is not None and self.minute_calls >= self.requests_per_minute
        )

    def windows(self) -> tuple[tuple[str, int | None, int, int], ...]:
        """Name, limit, spent and held of each window."""
        return (
            ("monthly", self.month_limit, self.month_spent, self.month_held),
            ("daily", self.day_limit, self.day_spent, self.day_held),
            ("user", self.user_limit, self.user_spent, self.user_held),
        )

    def may_get_room(self, wanted_nanos: int, floor_nanos: int) -> bool:
        """Whether a refused call may fit once others have ended: something is held, and not too much is spent."""
        tight = [
            (limit - spent, held) for _, limit, spent, held in self.windows() if limit is not None and limit - spent - held < wanted_nanos
        ]
        return any(held for _, held in tight) and all(unspent >= floor_nanos for unspent, _ in tight)


_process: dict[str, str] = {}
_hold_count = itertools.count()


def _name_process() -> None:
    _process["prefix"] = f"hld_{secrets.token_hex(10)}"


_name_process()
os.register_at_fork(after_in_child=_name_process)


@dataclass(slots=True)
class Answer:
    """What the guard found: the caller's row by column name, and the standing unless the caller may not hold at all."""

    caller: dict[str, Any]
    standing: Standing | None


def new_hold_id() -> str:
    """An id for a hold that is about to be asked for: 80 random bits of the process, and a count."""
    return f"{_process['prefix']}{next(_hold_count):012x}"


async def ask(guard: Guard, wanted: Params, now: datetime, line: Hashable) -> Answer | None:
    """Find the caller and, if it is usable and the limits allow, hold for its call. None if there is no such caller.

    `wanted` has the parameters of the guard's own CTE and, of guard.REQUEST_COLUMNS, those that a call is described by: `hold_id`,
    `request_id`, `provider`, `model`, `door`, `price_version`, and what it wants to hold. `worst` nano-dollars are held where
    that fits; otherwise one of `parts` of what is left, but `wanted` at least, which is what a good answer takes; and when
    waiting is no use, whatever is left, but `floor` at least.

    A call that only others' holds stand in the way of waits in its `line` (usage.waiting), for seconds. One that comes right
    after an answer is not told that the answer's call is still under way. Whatever ends this early, cancellation included,
    leaves no hold behind.
    """
    running = runtime.current()
    periods = periods_at(now)
    asked = {
        **wanted,
        "owner_id": running.process_id,
        "now": now,
        "month_on": periods.month_on,
        "day_on": periods.day_on,
        "minute_at": periods.minute_at,
    }

    async def attempt(at_once: bool) -> Answer | None:
        asked["at_once"] = at_once
        return await _attempt(running.database, guard, asked)

    def may_wait(answer: Answer | None) -> bool:
        standing = answer.standing if answer is not None else None
        if standing is None or standing.admitted or standing.is_busy:
            return False
        return standing.may_get_room(asked["wanted"], asked["floor"])

    try:
        if not running.lines.has(line):
            answer = await attempt(False)
            if answer is not None and answer.standing is not None and not answer.standing.admitted:
                if answer.standing.is_busy and await running.settler.catch_up():
                    answer = await attempt(False)
                if may_wait(answer):
                    return await running.lines.wait(line, attempt, may_wait)
            return answer
        return await running.lines.wait(line, attempt, may_wait)
    except BaseException:
        running.settler.release_uncertain(asked["hold_id"])
        raise


async def _attempt(database: runtime.Database, guard: Guard, asked: Params) -> Answer | None:
    """Ask once; and once more where the present windows had to be opened first."""
    answer = _read(guard, await database.admit(guard, asked))
    if answer is None or answer.standing is not None or not answer.caller["usable"]:
        return answer
    of = {name: answer.caller[name] for name in ("connection_id", "user_id")}
    await database.transact(open_windows(database.dialect), {**of, "month_on": asked["month_on"], "day_on": asked["day_on"]})
    return _read(guard, await database.admit(guard, asked))


def _read(guard: Guard, row: Sequence[Any] | None) -> Answer | None:
    if row is None:
        return None
    width = len(guard.caller_columns)
    caller = dict(zip(guard.caller_columns, row[:width], strict=True))
    return Answer(caller, None if row[width] is None else Standing(*row[width:]))


def refusal(standing: Standing, now: datetime) -> ApiError:
    """Why a verdict was no: too many calls under way or in this minute, else the window with the least left."""
    if standing.concurrency is not None and standing.open_calls >= standing.concurrency:
        return _rate_limited("concurrency", standing.concurrency, 1, "Too many calls are under way at once.")
    if standing.requests_per_minute is not None and standing.minute_calls >= standing.requests_per_minute:
        seconds = max(1, 60 - now.second)
        return _rate_limited("minute", standing.requests_per_minute, seconds, "This minute's requests are used up.")
    return _budget_exceeded(standing, now)


def _rate_limited(which: str, limit: int, seconds: int, reason: str) -> RateLimited:
    window = ";w=60" if which == "minute" else ""
    return RateLimited(
        f"{reason} Wait as long as Retry-After says.",
        details={"which": which, "limit": limit},
        headers={
            "Retry-After": str(seconds),
            "RateLimit": f'"{which}";r=0;t={seconds}',
            "RateLimit-Policy": f'"{which}";q={limit}{window}',
        },
    )


def _budget_exceeded(standing: Standing, now: datetime) -> BudgetExceeded:
    periods = periods_at(now)
    month_ends_at = midnight(next_month(periods.month_on))
    resets_at = {"monthly": month_ends_at, "user": month_ends_at, "daily": midnight(periods.day_on) + timedelta(1)}
    which, limit, spent, held = min(
        standing.windows(), key=lambda window: math.inf if window[1] is None else window[1] - window[2] - window[3]
    )
    return BudgetExceeded(
        details={
            "which": which,
            "limitCents": None if limit is None else limit // NANOS_PER_CENT,
            "spentMicros": micros_up(spent),
            "heldMicros": micros_up(held),
            "resetsAt": resets_at[which].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    )
