"""SQL that ends holds: each becomes a ledger entry, and gives its windows back what it did not use.

One text for both databases, for batches and for the sweep. The calls come as a JSON array in `done`; a cost of null is
the worst case, what was granted. Whichever transaction deletes a hold's row settles it; a hold that is not there any
more is nobody's, and changes nothing.
"""

from __future__ import annotations

from usage.dialects import Dialect

_DONE_COLUMNS = {
    "hold_id": "text",
    "released": "boolean",
    "http_status": "integer",
    "error_code": "text",
    "latency_ms": "bigint",
    "usage_source": "text",
    "input_tokens": "bigint",
    "output_tokens": "bigint",
    "cached_input_tokens": "bigint",
    "cost_nanos": "bigint",
}

_ENDED = """
ended AS (
  SELECT h.*, done.released, done.http_status, done.error_code, done.latency_ms, done.usage_source,
         done.input_tokens, done.output_tokens, done.cached_input_tokens,
         CASE WHEN done.released THEN 0 ELSE COALESCE(done.cost_nanos, h.granted_nanos) END AS cost_nanos
  FROM done JOIN usage_hold h ON h.id = done.hold_id
)"""

_WINDOWS_OF_ENDED = """
touched AS (
  SELECT connection_id AS subject_id, 'month' AS kind, month_on AS starts_on, granted_nanos, cost_nanos FROM ended
  UNION ALL SELECT connection_id, 'day', day_on, granted_nanos, cost_nanos FROM ended
  UNION ALL SELECT user_id, 'month', month_on, granted_nanos, cost_nanos FROM ended
)"""

_WRITE_LEDGER = """INSERT INTO usage_ledgerentry (hold_id, request_id, user_id, app_id, connection_id, provider, model,
  door, granted_nanos, price_version, admitted_at, settled_at, http_status, error_code, latency_ms, usage_source,
  input_tokens, output_tokens, cached_input_tokens, cost_nanos)
SELECT id, request_id, user_id, app_id, connection_id, provider, model, door, granted_nanos, price_version, admitted_at,
  %(now)s, http_status, error_code, latency_ms, usage_source, input_tokens, output_tokens, cached_input_tokens,
  cost_nanos
FROM ended WHERE NOT released"""

_GIVE_BACK = """UPDATE usage_window SET
  held_nanos = usage_window.held_nanos - s.granted,
  spent_nanos = usage_window.spent_nanos + s.cost,
  bound_nanos = CASE
    WHEN usage_window.bound_nanos < usage_window.spent_nanos + usage_window.held_nanos - s.granted + s.cost
    THEN usage_window.spent_nanos + usage_window.held_nanos - s.granted + s.cost
    ELSE usage_window.bound_nanos END
FROM (
  SELECT subject_id, kind, starts_on, CAST(SUM(granted_nanos) AS bigint) AS granted,
         CAST(SUM(cost_nanos) AS bigint) AS cost
  FROM touched GROUP BY subject_id, kind, starts_on
) s
WHERE usage_window.subject_id = s.subject_id AND usage_window.kind = s.kind AND usage_window.starts_on = s.starts_on"""

_END_CALLS = """UPDATE usage_budget SET open_calls = usage_budget.open_calls - s.calls
FROM (SELECT connection_id, COUNT(*) AS calls FROM ended GROUP BY connection_id) s
WHERE usage_budget.subject_id = s.connection_id"""

_LOCK_HOLDS = "SELECT h.id FROM usage_hold h JOIN done ON h.id = done.hold_id ORDER BY h.id FOR UPDATE OF h"

_LOCK_BUDGETS = """SELECT b.subject_id FROM usage_budget b WHERE b.subject_id IN (SELECT connection_id FROM ended)
ORDER BY b.subject_id FOR UPDATE OF b"""

_LOCK_WINDOWS = """SELECT w.id FROM usage_window w
WHERE (w.subject_id, w.kind, w.starts_on) IN (SELECT subject_id, kind, starts_on FROM touched)
ORDER BY w.subject_id, w.kind DESC, w.starts_on FOR UPDATE OF w"""


def settle_statements(dialect: Dialect) -> list[str]:
    """The statements that end the holds named in `done` at the moment `now`, to be run in one transaction.

    On PostgreSQL rows are locked first, in the order in which admissions lock them, so that batches of several
    processes queue instead of deadlocking.
    """
    done = f"WITH done AS ({dialect.rows('done', _DONE_COLUMNS)})"
    ended = f"{done},{_ENDED}"
    touched = f"{ended},{_WINDOWS_OF_ENDED}"
    statements = [
        f"{ended} {_WRITE_LEDGER}",
        f"{touched} {_GIVE_BACK}",
        f"{ended} {_END_CALLS}",
        f"{done} DELETE FROM usage_hold WHERE id IN (SELECT hold_id FROM done)",  # noqa: S608
    ]
    if dialect.locks:
        statements = [f"{done} {_LOCK_HOLDS}", f"{ended} {_LOCK_BUDGETS}", f"{touched} {_LOCK_WINDOWS}", *statements]
    return statements
