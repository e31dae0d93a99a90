"""SQL that opens windows. A new month or day needs a row; whoever comes first makes it, from the budget's limits.

The budgets are locked first, in one order, so that a limit changed at the same moment is either already in them, or
finds the new windows and changes them too.
"""

from __future__ import annotations

from usage.dialects import Dialect

_COLUMNS = "subject_id, kind, starts_on, limit_nanos, bound_nanos, spent_nanos, held_nanos"


def open_windows(dialect: Dialect) -> list[str]:
    """Statements for the subjects in `connection_id`, `user_id` and the periods in `month_on`, `day_on`."""
    lock = f"""SELECT b.subject_id FROM usage_budget b WHERE b.subject_id IN (%(connection_id)s, %(user_id)s)
ORDER BY b.subject_id {dialect.lock("b")}"""  # noqa: S608 (no value is put in)
    month = f"""INSERT INTO usage_window ({_COLUMNS})
SELECT subject_id, 'month', %(month_on)s, monthly_nanos, monthly_nanos, 0, 0
FROM usage_budget WHERE subject_id IN (%(connection_id)s, %(user_id)s)
ON CONFLICT (subject_id, kind, starts_on) DO NOTHING"""  # noqa: S608
    day = f"""INSERT INTO usage_window ({_COLUMNS})
SELECT subject_id, 'day', %(day_on)s, daily_nanos, daily_nanos, 0, 0
FROM usage_budget WHERE subject_id = %(connection_id)s
ON CONFLICT (subject_id, kind, starts_on) DO NOTHING"""  # noqa: S608
    return [lock, month, day]
