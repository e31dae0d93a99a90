"""Admits calls: asks the guard for a hold, and says why not when there is none."""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from relay.core.errors import ApiError, BudgetExceeded, RateLimited
from relay.core.money import NANOS_PER_CENT, micros_up
from usage import runtime
from usage.dialects import Params
from usage.guard import Guard
from usage.periods import midnight, next_month, periods_at
from usage.windows import open_windows


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """What a call wants to hold: `worst_nanos` if that fits, at least `floor_nanos`; and the facts its row records."""

    hold_id: str
    request_id: str
    provider: str
    model: str
    door: str
    worst_nanos: int
    floor_nanos: int
    price_version: str


@dataclass(frozen=True, slots=True)
class Standing:
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


@dataclass(frozen=True, slots=True)
class Answer:
    """What the guard found: the caller's row by column name, and the standing unless the caller may not hold at all."""

    caller: dict[str, Any]
    standing: Standing | None


def new_hold_id() -> str:
    """An id for a hold that is about to be asked for: 128 random bits, the quick way."""
    return f"hld_{secrets.token_hex(16)}"


async def ask(guard: Guard, params: Params, request: HoldRequest, now: datetime) -> Answer | None:
    """Find the caller and, if it is usable and the limits allow, hold for its call. None if there is no such caller.

    A refusal is looked at again once the calls that have already ended are settled: whoever asks for the next thing right after an
    answer must not be told that the answer's hold is still in the way.

    `params` are those of the guard's own CTE. Whatever ends this early, cancellation included, leaves no hold behind.
    """
    periods = periods_at(now)
    running = runtime.current()
    asked: Params = {
        **params,
        "now": now,
        "month_on": periods.month_on,
        "day_on": periods.day_on,
        "minute_at": periods.minute_at,
        "hold_id": request.hold_id,
        "owner_id": running.process_id,
        "request_id": request.request_id,
        "provider": request.provider,
        "model": request.model,
        "door": request.door,
        "worst": request.worst_nanos,
        "floor": request.floor_nanos,
        "price_version": request.price_version,
    }
    try:
        answer = _read(guard, await running.database.admit(guard, asked))
        if answer is not None and answer.caller["usable"] and answer.standing is None:
            asked |= {"connection_id": answer.caller["connection_id"], "user_id": answer.caller["user_id"]}
            await running.database.transact(open_windows(running.database.dialect), asked)
            answer = _read(guard, await running.database.admit(guard, asked))
        if answer is not None and answer.standing is not None and not answer.standing.admitted and await running.settler.catch_up():
            answer = _read(guard, await running.database.admit(guard, asked))
    except BaseException:
        running.settler.release_uncertain(request.hold_id)
        raise
    return answer


def _read(guard: Guard, row: tuple[Any, ...] | None) -> Answer | None:
    if row is None:
        return None
    width = len(guard.caller_columns)
    caller = dict(zip(guard.caller_columns, row[:width], strict=True))
    return Answer(caller, None if row[width] is None else Standing(*row[width:]))


def refusal(standing: Standing, request: HoldRequest, now: datetime) -> ApiError:
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
    windows = [
        ("monthly", standing.month_limit, standing.month_spent, standing.month_held, month_ends_at),
        ("daily", standing.day_limit, standing.day_spent, standing.day_held, midnight(periods.day_on) + timedelta(1)),
        ("user", standing.user_limit, standing.user_spent, standing.user_held, month_ends_at),
    ]
    which, limit, spent, held, resets_at = min(
        windows, key=lambda window: math.inf if window[1] is None else window[1] - window[2] - window[3]
    )
    return BudgetExceeded(
        details={
            "which": which,
            "limitCents": None if limit is None else limit // NANOS_PER_CENT,
            "spentMicros": micros_up(spent),
            "heldMicros": micros_up(held),
            "resetsAt": resets_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    )
