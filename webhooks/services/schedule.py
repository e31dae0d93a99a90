"""When a failed event is tried again, and when its endpoint is given up (docs/site/webhooks.md has both)."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

WAITS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
"""After the first attempt, the second, …: Standard Webhooks' example ("Retry schedule", read 2026-11-23), three days in all."""
JITTER: Final = 0.1
"""Up to this part is added, so that what failed together does not come back together."""
GIVEN_UP_AFTER: Final = timedelta(days=3)
LEAST_FAILURES: Final = 10
"""An endpoint is disabled that has failed for GIVEN_UP_AFTER, and so often, without one success in between."""


def next_attempt(attempts: int, asked_seconds: int, now: datetime) -> datetime | None:
    """When an event that has failed so many times is tried again; None: not any more.

    `asked_seconds` is what the endpoint's Retry-After asked for, heeded up to the schedule's longest wait.
    """
    if not 1 <= attempts <= len(WAITS):
        return None
    wait = max(WAITS[attempts - 1], timedelta(seconds=min(asked_seconds, WAITS[-1].total_seconds())))
    return now + wait * (1 + random.uniform(0, JITTER))  # noqa: S311 (spreads load, keeps nothing secret)


def is_given_up(failures: int, failing_since: datetime, now: datetime) -> bool:
    """Whether an endpoint has failed for so long that nobody can be waiting for its events."""
    return failures >= LEAST_FAILURES and now - failing_since >= GIVEN_UP_AFTER
