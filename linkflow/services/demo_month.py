"""A month of sandbox calls for demos and pictures: admitted, held and settled like any other, on days that are over.

Only where DEBUG is on (linkflow.urls). No provider is asked; tokens and times are made up, money goes through the real ledger.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from linkflow import grants
from linkflow.models import Connection
from relay.core.errors import ApiError
from relay.core.ids import mint_id
from relay.providers.prices import Rates, TokenUsage, cost_nanos, rates, worst_nanos
from usage import settling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import User

DAYS: Final = 30
_PROVIDER: Final = "sandbox"
_MODELS: Final = ("sandbox-small", "sandbox-small", "sandbox-large")
_MOST_CALLS_A_DAY: Final = 14
_FAILING_PERCENT: Final = 4
_MOST_IN, _MOST_OUT = 2_000, 400


def usable_by(user: User, now: datetime) -> list[Connection]:
    """The user's connections that may use the sandbox now; they are told to have been there for the month."""
    found = Connection.objects.with_status_at(Connection.ACTIVE, now).filter(user=user, trial=False, sealed_keys__provider=_PROVIDER)
    since = now - timedelta(days=DAYS + 1)
    found.filter(created_at__gt=since).update(created_at=since)
    return list(found.order_by("pk"))


async def fill(connections: list[Connection], now: datetime, seed: int = 1) -> int:
    """Make the calls of the last 30 days with these connections; how many there were room for in their budgets.

    Writes ledger entries, and the windows of the days and months they fall into. The same seed makes the same month.
    """
    dice, made = random.Random(seed), 0  # noqa: S311 (pictures, no secrets)
    for at, connection in _moments(connections, now, dice):
        priced = rates(_PROVIDER, model := dice.choice(_MODELS), at)
        if priced is not None and await _call(connection, model, priced, at, dice):
            made += 1
    await settling.flush()
    return made


def _moments(connections: list[Connection], now: datetime, dice: random.Random) -> Iterator[tuple[datetime, Connection]]:
    """When calls are made: on working days more than on others, by some connections more than by others."""
    for days_ago in range(DAYS, 0, -1):
        day = now - timedelta(days=days_ago)
        for place, connection in enumerate(connections):
            most = _MOST_CALLS_A_DAY // (place + 1) // (1 if day.weekday() < 5 else 3)
            for _ in range(dice.randint(0, max(1, most))):
                yield day + timedelta(seconds=dice.randrange(43_200)), connection


async def _call(connection: Connection, model: str, priced: Rates, at: datetime, dice: random.Random) -> bool:
    used = TokenUsage(input_tokens=dice.randint(200, _MOST_IN), output_tokens=dice.randint(20, _MOST_OUT))
    terms = grants.CallTerms(
        request_id=mint_id("req"),
        provider=_PROVIDER,
        model=model,
        door="passthrough",
        worst_nanos=worst_nanos(priced, _MOST_IN, _MOST_OUT),
        wanted_nanos=worst_nanos(priced, used.input_tokens, used.output_tokens),
        floor_nanos=worst_nanos(priced, used.input_tokens, used.output_tokens),
        parts=1,
        priced=True,
        price_version=priced.version,
    )
    try:
        admitted = await grants.admit(bytes(connection.access_token_hash or b""), terms, at)
    except ApiError:
        return False
    failed = dice.randrange(100) < _FAILING_PERCENT
    outcome = settling.Outcome(
        hold_id=admitted.hold_id,
        http_status=429 if failed else 200,
        input_tokens=0 if failed else used.input_tokens,
        output_tokens=0 if failed else used.output_tokens,
        cached_input_tokens=0,
        cost_nanos=0 if failed else cost_nanos(priced, used),
        usage_source="provider_usage",
        latency_ms=dice.randint(300, 4_000),
        error_code="provider_429" if failed else None,
    )
    settling.settle(outcome)
    return True
