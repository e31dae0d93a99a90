"""Access tokens of calls: admission (who, what for, and the hold, in one round trip), liveness of streams, key health.

Admission is one statement on PostgreSQL and one transaction of the one writer on SQLite: this module says how the
caller is found, usage.guard the rest. Nothing here opens a key; the blobs go to proxy/pipeline.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal

import orjson

from relay.core.errors import (
    ApiError,
    ConnectionExpired,
    ConnectionPaused,
    ConnectionRevoked,
    InternalError,
    InvalidToken,
    ModelNotGranted,
    ModelNotPriced,
    ProviderNotGranted,
)
from usage import admission, overdrawn, runtime
from usage.dialects import DIALECTS, Dialect
from usage.guard import Guard
from usage.overdrawn import Overdrawn
from usage.periods import Periods, midnight, periods_at

Door = Literal["chat", "passthrough", "openai"]


@dataclass(slots=True)
class CallTerms:
    """What a call asks for. `model` is the provider's own id, or "" where a call has none.

    `worst_nanos` is the most it can cost, `wanted_nanos` what a good answer takes, `floor_nanos` the least hold it can
    start with (its output limit is lowered to what was granted), `parts` in how many calls what is left is shared where
    the worst case does not fit; all amounts 0 for a free call, which is admitted whatever is left.
    """

    request_id: str
    provider: str
    model: str
    door: Door
    worst_nanos: int
    wanted_nanos: int
    floor_nanos: int
    parts: int
    priced: bool
    price_version: str


@dataclass(slots=True)
class Admission:
    """A call that may start: at most `granted_nanos` of it are covered. `remaining_nanos` is what is left besides.

    `trouble` is what the key needed attention for when the call began (SealedKey.attention_code).
    """

    hold_id: str
    connection_id: str
    user_id: str
    app_id: str | None
    held_key: str = field(repr=False)
    sealed_key: str = field(repr=False)
    granted_nanos: int
    remaining_nanos: int
    trouble: str | None


@dataclass(frozen=True, slots=True)
class Grant:
    """What an access token is good for: `models` is None where the user named none."""

    connection_id: str
    providers: tuple[str, ...]
    models: tuple[str, ...] | None
    allow_unpriced: bool


@dataclass(frozen=True, slots=True)
class UnderWay:
    """What running calls are asked after by: calls of one connection admitted on one UTC day share their windows."""

    connection_id: str
    day_on: date

    @property
    def periods(self) -> Periods:
        """The periods they were admitted in."""
        return periods_at(midnight(self.day_on))


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why running calls can't just go on: `ended` as for a new call, and the windows that stand above their limit."""

    ended: type[ApiError] | None
    overdrawn: tuple[Overdrawn, ...]


_CALLER_COLUMNS = (
    "connection_id",
    "user_id",
    "app_id",
    "usable",
    "status",
    "is_expired",
    "has_model",
    "allow_unpriced",
    "held_key",
    "sealed_key",
    "trouble",
)

_CALLER_PARAMS = {"access_token_hash": "bytea", "qualified_model": "text", "priced": "boolean"}
_CALLER = """
  SELECT found.*, (status = 'active' AND NOT is_expired AND sealed_key IS NOT NULL AND has_model
                   AND (%(priced)s OR allow_unpriced)) AS usable
  FROM (
    SELECT c.id AS connection_id, c.user_id, COALESCE(c.app_id, '') AS app_id, c.status,
           (c.expires_at IS NOT NULL AND c.expires_at <= %(now)s) AS is_expired,
           (c.models IS NULL OR %(model)s = '' OR {has_name} OR {has_qualified_name}) AS has_model,
           c.allow_unpriced, c.held_key, k.blob AS sealed_key, k.attention_code AS trouble
    FROM linkflow_connection c
    LEFT JOIN linkflow_sealedkey k ON k.connection_id = c.id AND k.provider = %(provider)s
    WHERE c.access_token_hash = %(access_token_hash)s
  ) found"""

_GRANT = """
SELECT c.id, c.status, (c.expires_at IS NOT NULL AND c.expires_at <= %(now)s), c.models, c.allow_unpriced, k.provider
FROM linkflow_connection c LEFT JOIN linkflow_sealedkey k ON k.connection_id = c.id
WHERE c.access_token_hash = %(access_token_hash)s ORDER BY k.provider"""

_UNDER_WAY_COLUMNS = {"place": "bigint", "id": "text", "month_on": "date", "day_on": "date"}
_TROUBLES = f"""
SELECT w.place, c.status, (c.expires_at IS NOT NULL AND c.expires_at <= %(now)s), {overdrawn.COLUMNS}
FROM ({{under_way}}) w LEFT JOIN linkflow_connection c ON c.id = w.id {overdrawn.joins("c.id", "c.user_id", "w.month_on", "w.day_on")}
WHERE c.id IS NULL OR c.status <> 'active' OR c.expires_at <= %(now)s OR {overdrawn.IS_ANY}"""  # noqa: S608 (no value is put in)

_NEEDS_ATTENTION = """
UPDATE linkflow_sealedkey SET attention_code = CAST(%(code)s AS text), attention_at = %(now)s,
  attention_told_at = CASE WHEN attention_code = CAST(%(code)s AS text) THEN attention_told_at END
WHERE connection_id = %(connection_id)s AND provider = %(provider)s AND blob = %(sealed_key)s"""

_WORKS_AGAIN = """
UPDATE linkflow_sealedkey SET attention_code = NULL, attention_at = NULL, attention_told_at = NULL
WHERE connection_id = %(connection_id)s AND provider = %(provider)s AND blob = %(sealed_key)s
  AND attention_code = CAST(%(trouble)s AS text) AND attention_at <= %(began_at)s"""


def _caller_sql(dialect: Dialect) -> str:
    name = dialect.json_has.format(column="c.models", value="%(model)s")
    qualified_name = dialect.json_has.format(column="c.models", value="%(qualified_model)s")
    return _CALLER.format(has_name=name, has_qualified_name=qualified_name)


_GUARD = Guard({vendor: _caller_sql(dialect) for vendor, dialect in DIALECTS.items()}, _CALLER_COLUMNS, _CALLER_PARAMS)


async def admit(access_token_hash: bytes, terms: CallTerms, now: datetime) -> Admission:
    """Find the connection, check that it may make this call, and hold the call's worst case or what is left of it.

    `access_token_hash` is the token's SHA-256; its form and checksum were checked before.
    Writes: the hold, in the connection's month and day and its user's month; nothing if refused.
    Raises, in this order: InvalidToken, ConnectionRevoked, ConnectionExpired, ConnectionPaused, ProviderNotGranted,
    ModelNotGranted, ModelNotPriced, RateLimited (calls at once, calls a minute), BudgetExceeded.
    """
    hold_id = admission.new_hold_id()
    wanted = {
        "access_token_hash": runtime.current().database.dialect.binary(access_token_hash),
        "qualified_model": f"{terms.provider}/{terms.model}",
        "priced": terms.priced,
        "hold_id": hold_id,
        "request_id": terms.request_id,
        "provider": terms.provider,
        "model": terms.model,
        "door": terms.door,
        "worst": terms.worst_nanos,
        "wanted": terms.wanted_nanos,
        "floor": terms.floor_nanos,
        "parts": terms.parts,
        "price_version": terms.price_version,
    }
    answer = await admission.ask(_GUARD, wanted, now, access_token_hash)
    if answer is None:
        raise InvalidToken
    if not answer.caller["usable"]:
        raise _refusal(answer.caller)
    standing = answer.standing
    if standing is None:
        raise InternalError("This connection has no budget. Report the request id.")
    if not standing.admitted:
        raise admission.refusal(standing, now)
    caller = answer.caller
    return Admission(
        hold_id=hold_id,
        connection_id=caller["connection_id"],
        user_id=caller["user_id"],
        app_id=caller["app_id"] or None,
        held_key=caller["held_key"],
        sealed_key=caller["sealed_key"],
        granted_nanos=standing.granted_nanos,
        remaining_nanos=max(0, standing.left_nanos - standing.granted_nanos),
        trouble=caller["trouble"],
    )


def _refusal(caller: dict[str, Any]) -> ApiError:
    """Why a connection that was found can't make this call; the first reason that applies."""
    unusable = _unusable(caller["status"], bool(caller["is_expired"]))
    if unusable is not None:
        return unusable()
    if caller["sealed_key"] is None:
        return ProviderNotGranted()
    if not caller["has_model"]:
        return ModelNotGranted()
    return ModelNotPriced()


def _unusable(status: str, is_expired: bool) -> type[ApiError] | None:
    """What a connection in this state refuses every call with; None: nothing."""
    if status == "revoked":
        return ConnectionRevoked
    if status == "expired" or is_expired:
        return ConnectionExpired
    if status == "paused":
        return ConnectionPaused
    return None if status == "active" else InvalidToken


async def grant_of(access_token_hash: bytes, now: datetime) -> Grant:
    """What the token's connection may use, without making a call; for lists of models.

    Raises: InvalidToken, ConnectionRevoked, ConnectionExpired, ConnectionPaused.
    """
    params = {"access_token_hash": access_token_hash, "now": now}
    rows = await runtime.current().database.fetch(_GRANT, params)
    if not rows:
        raise InvalidToken
    connection_id, status, is_expired, models, allow_unpriced, _ = rows[0]
    unusable = _unusable(status, bool(is_expired))
    if unusable is not None:
        raise unusable()
    providers = tuple(row[-1] for row in rows if row[-1] is not None)
    return Grant(connection_id, providers, _names(models), bool(allow_unpriced))


def _names(models: Any) -> tuple[str, ...] | None:
    """A JSON column's list: psycopg has decoded it already, SQLite keeps it as text."""
    listed: Sequence[str] | None = orjson.loads(models) if isinstance(models, str) else models
    return None if listed is None else tuple(listed)


async def troubles_among(calls: Iterable[UnderWay]) -> dict[UnderWay, Trouble]:
    """Those that must end, or may cost no more than a share of their hold; the others are left out. One query."""
    wanted = list(dict.fromkeys(calls))
    if not wanted:
        return {}
    database = runtime.current().database
    sql = _TROUBLES.format(under_way=database.dialect.rows("under_way", _UNDER_WAY_COLUMNS))
    listed = [
        {"place": place, "id": call.connection_id, "month_on": periods.month_on, "day_on": periods.day_on}
        for place, call in enumerate(wanted)
        for periods in (call.periods,)
    ]
    rows = await database.fetch(sql, {"under_way": orjson.dumps(listed).decode(), "now": datetime.now(UTC)})
    return {wanted[row[0]]: _trouble(*row[1:]) for row in rows}


def _trouble(status: str | None, is_expired: bool | int | None, *sums: Any) -> Trouble:
    """Of a row of _TROUBLES; a connection that is not there any more counts as revoked."""
    ended = ConnectionRevoked if status is None else _unusable(status, bool(is_expired))
    return Trouble(ended, overdrawn.read(sums))


async def mark_needs_attention(admission: Admission, provider: str, code: str, now: datetime) -> None:
    """Note that the provider refused the key this call was made with; shown as `needsAttention` until it is re-sealed.

    Another code than the one before is told its owner anew; the same one again is not.
    A key that was re-sealed during the call is left alone: nobody has refused that one.
    """
    of = {"connection_id": admission.connection_id, "provider": provider, "sealed_key": admission.sealed_key}
    await runtime.current().database.transact([_NEEDS_ATTENTION], {**of, "code": code[:40], "now": now})


async def mark_works_again(admission: Admission, provider: str, began_at: datetime) -> None:
    """Take `needsAttention` back: a call that began when it stood there, at `began_at`, was made with this very key and answered.

    What was noted since then stays: it may be the later news.
    """
    of = {"connection_id": admission.connection_id, "provider": provider, "sealed_key": admission.sealed_key}
    await runtime.current().database.transact([_WORKS_AGAIN], {**of, "trouble": admission.trouble, "began_at": began_at})
