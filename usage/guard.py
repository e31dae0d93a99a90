"""The guard's SQL: whether a call may start, and the hold it starts with. One round trip, one transaction, two databases.

Whoever admits (linkflow.grants) brings a CTE named `caller` that finds who calls, with at least the columns
`connection_id, user_id, app_id, usable`. From there on the text is the same on both databases:

* `standing` reads the connection's budget and the three windows (its month, its day, its user's month) in one row. On
  PostgreSQL it locks the four rows, always in that order; a row lock that had to wait returns the row as it is now
  (READ COMMITTED re-evaluates the join on the newest versions), so what follows never works on a stale sum.
* `verdict` is the guard itself: `spent + held + granted <= limit` in every window, and a free place among the calls
  under way and in this minute. The grant is the worst case where that fits; otherwise a part of what is left, but not
  less than what is `wanted` for a good answer; and less than that, down to the `floor`, only if nothing is held that
  could come back, or the call has waited long enough (`at_once`).
* Where the verdict is yes, `held` grows in the three windows, the calls are counted, and the hold row is written.

On PostgreSQL a function of the session's own (usage.postgres_functions) runs it for each call of a batch, in one
statement; on SQLite it is four statements of the one writer, in one BEGIN IMMEDIATE.
"""

from __future__ import annotations

from dataclasses import dataclass

from usage.dialects import POSTGRESQL, SQLITE, Dialect, to_sqlite
from usage.postgres_functions import admit_function

UNLIMITED = 9_000_000_000_000_000_000

_STANDING = """
standing AS (
  SELECT b.subject_id, b.concurrency, b.open_calls, b.requests_per_minute,
         CASE WHEN b.minute_at < %(minute_at)s THEN 0 ELSE b.minute_calls END AS minute_calls,
         CASE WHEN b.minute_at > %(minute_at)s THEN b.minute_at ELSE %(minute_at)s END AS minute_at,
         m.id AS m_id, m.limit_nanos AS m_limit, m.bound_nanos AS m_bound, m.spent_nanos AS m_spent, m.held_nanos AS m_held,
         d.id AS d_id, d.limit_nanos AS d_limit, d.bound_nanos AS d_bound, d.spent_nanos AS d_spent, d.held_nanos AS d_held,
         u.id AS u_id, u.limit_nanos AS u_limit, u.bound_nanos AS u_bound, u.spent_nanos AS u_spent, u.held_nanos AS u_held
  FROM caller
  JOIN usage_budget b ON b.subject_id = caller.connection_id
  JOIN usage_window m ON m.subject_id = caller.connection_id AND m.kind = 'month' AND m.starts_on = %(month_on)s
  JOIN usage_window d ON d.subject_id = caller.connection_id AND d.kind = 'day' AND d.starts_on = %(day_on)s
  JOIN usage_window u ON u.subject_id = caller.user_id AND u.kind = 'month' AND u.starts_on = %(month_on)s
  WHERE caller.usable
  {lock}
),
room AS (
  SELECT standing.*, {least}(
    COALESCE(m_limit - m_spent - m_held, {unlimited}),
    COALESCE(d_limit - d_spent - d_held, {unlimited}),
    COALESCE(u_limit - u_spent - u_held, {unlimited})) AS left_nanos
  FROM standing
),
verdict AS (
  SELECT room.*,
         CASE WHEN left_nanos >= %(worst)s THEN %(worst)s
              WHEN left_nanos >= %(wanted)s THEN {greatest}(%(wanted)s, left_nanos / %(parts)s)
              WHEN left_nanos >= %(floor)s THEN left_nanos
              ELSE %(floor)s END AS granted_nanos,
         (left_nanos >= %(wanted)s OR %(worst)s = 0
          OR (left_nanos >= %(floor)s AND (%(at_once)s OR NOT (
            COALESCE(m_held > 0 AND m_limit - m_spent - m_held < %(wanted)s, FALSE)
            OR COALESCE(d_held > 0 AND d_limit - d_spent - d_held < %(wanted)s, FALSE)
            OR COALESCE(u_held > 0 AND u_limit - u_spent - u_held < %(wanted)s, FALSE)))))
         AND (concurrency IS NULL OR open_calls < concurrency)
         AND (requests_per_minute IS NULL OR minute_calls < requests_per_minute) AS admitted
  FROM room
)"""

_HOLD_COLUMNS = """id, owner_id, request_id, user_id, app_id, connection_id, provider, model, door, granted_nanos,
  price_version, admitted_at, month_on, day_on"""
_HOLD_VALUES = """%(hold_id)s, %(owner_id)s, %(request_id)s, {user_id}, {app_id}, {connection_id}, %(provider)s, %(model)s,
  %(door)s, {granted}, %(price_version)s, %(now)s, %(month_on)s, %(day_on)s"""

VERDICT_COLUMNS = (
    "admitted, granted_nanos, left_nanos, concurrency, open_calls, requests_per_minute, minute_calls, "
    "m_limit, m_spent, m_held, d_limit, d_spent, d_held, u_limit, u_spent, u_held"
)
_ID_COLUMNS = "m_id, d_id, u_id, minute_at"


REQUEST_COLUMNS = {
    "now": "timestamptz",
    "month_on": "date",
    "day_on": "date",
    "minute_at": "timestamptz",
    "hold_id": "text",
    "owner_id": "text",
    "request_id": "text",
    "provider": "text",
    "model": "text",
    "door": "text",
    "worst": "bigint",
    "wanted": "bigint",
    "floor": "bigint",
    "parts": "bigint",
    "at_once": "boolean",
    "price_version": "text",
}
"""The parameters of every admission, with PostgreSQL's types; a guard's CTE adds its own."""


class Guard:
    """The admission for one way of finding the caller: `caller_sql` is the CTE's body, by database.

    `caller_params` are the parameters that only the CTE reads, with PostgreSQL's types; the first one names the caller.
    """

    def __init__(self, caller_sql: dict[str, str], caller_columns: tuple[str, ...], caller_params: dict[str, str]) -> None:
        self.caller_columns = caller_columns
        self.found_by = next(iter(caller_params))
        columns = ", ".join(f"caller.{name}" for name in caller_columns)
        caller = caller_sql["postgresql"]
        self.postgresql = admit_function(caller, _one_statement(caller, columns), {**REQUEST_COLUMNS, **caller_params})
        self.sqlite = _steps(caller_sql["sqlite"], columns)


@dataclass(frozen=True, slots=True)
class SqliteSteps:
    """SQLite's four statements: the verdict, and the three writes where it is yes."""

    decide: str
    hold_windows: str
    count_call: str
    insert_hold: str


def _ctes(dialect: Dialect, caller_sql: str) -> str:
    words = {"least": dialect.least, "greatest": dialect.greatest, "unlimited": UNLIMITED}
    standing = _STANDING.format(lock=dialect.lock("b, m, d, u"), **words)
    return f"WITH caller AS ({caller_sql}), {standing}"


def _one_statement(caller_sql: str, columns: str) -> str:
    values = _HOLD_VALUES.format(user_id="c.user_id", app_id="c.app_id", connection_id="c.connection_id", granted="v.granted_nanos")
    return f"""{_ctes(POSTGRESQL, caller_sql)},
held AS (
  UPDATE usage_window w SET limit_nanos = {_locked("limit")}, bound_nanos = {_locked("bound")},
    spent_nanos = {_locked("spent")}, held_nanos = {_locked("held")} + v.granted_nanos
  FROM verdict v WHERE v.admitted AND w.id = ANY(ARRAY[v.m_id, v.d_id, v.u_id])
),
counted AS (
  UPDATE usage_budget b SET open_calls = b.open_calls + 1, minute_at = v.minute_at, minute_calls = v.minute_calls + 1
  FROM verdict v WHERE v.admitted AND b.subject_id = v.subject_id
),
written AS (
  INSERT INTO usage_hold ({_HOLD_COLUMNS}) SELECT {values} FROM verdict v, caller c WHERE v.admitted
)
SELECT json_build_array({columns}, {VERDICT_COLUMNS}) INTO found_row FROM caller LEFT JOIN verdict ON TRUE"""  # noqa: S608 (no value is put in)


def _locked(column: str) -> str:
    """A window's column as the locks found it. The update writes whole rows from there, not from `w`.

    PostgreSQL checks constraints on the row computed from the statement's snapshot before it notices that the row has
    changed since, and computes again. From a stale `w.held_nanos` that first row can break `spent_and_held_within_bound`.
    """
    return f"CASE w.id WHEN v.m_id THEN v.m_{column} WHEN v.d_id THEN v.d_{column} ELSE v.u_{column} END"


def _steps(caller_sql: str, columns: str) -> SqliteSteps:
    values = _HOLD_VALUES.format(user_id="%(user_id)s", app_id="%(app_id)s", connection_id="%(connection_id)s", granted="%(granted)s")
    decide = f"""{_ctes(SQLITE, caller_sql)}
SELECT {columns}, {VERDICT_COLUMNS}, {_ID_COLUMNS} FROM caller LEFT JOIN verdict ON TRUE"""  # noqa: S608
    hold_windows = """UPDATE usage_window SET held_nanos = held_nanos + %(granted)s
WHERE id IN (%(m_id)s, %(d_id)s, %(u_id)s)"""
    count_call = """UPDATE usage_budget SET open_calls = open_calls + 1, minute_at = %(minute_at)s,
minute_calls = %(minute_calls)s + 1 WHERE subject_id = %(connection_id)s"""
    insert_hold = f"INSERT INTO usage_hold ({_HOLD_COLUMNS}) VALUES ({values})"  # noqa: S608
    return SqliteSteps(*(to_sqlite(sql) for sql in (decide, hold_windows, count_call, insert_hold)))
