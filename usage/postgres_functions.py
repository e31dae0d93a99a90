"""PL/pgSQL functions of a database session's own: several calls admitted, or ended, in one statement and one commit.

They are made from the texts of usage.guard and usage.settlement when a session first needs them, in its temporary schema: nothing to
migrate, and each process runs the text it was released with. Their names are digests of their texts.

A batch first locks every row it will touch, in the one order that all transactions keep (budgets by subject, then windows by
subject, kind and start), so that batches of several processes queue instead of deadlocking. Each call then sees what the
ones before it in the batch have taken.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from usage.dialects import to_plpgsql


@dataclass(frozen=True, slots=True)
class Function:
    """How to make it, and how to call it: `call` takes one JSON text and answers one JSON text, or null."""

    name: str
    make: str
    call: str


def admit_function(caller_sql: str, admission_sql: str, columns: dict[str, str]) -> Function:
    """The function that admits the calls in a JSON array of objects with `columns`, in their order.

    It answers an array with, for each call, the row that `admission_sql` puts INTO found_row; null where no caller was found.
    """
    typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    caller = to_plpgsql(caller_sql, "asked")
    callers = f"json_to_recordset(given) AS asked({typed}) CROSS JOIN LATERAL ({caller}) caller"
    body = f"""
DECLARE asked record; found_row json; answers json[] := ARRAY[]::json[];
BEGIN
  IF json_array_length(given) > 1 THEN
    PERFORM b.subject_id FROM usage_budget b
    WHERE b.subject_id IN (SELECT caller.connection_id FROM {callers} WHERE caller.usable)
    ORDER BY b.subject_id FOR UPDATE OF b;
    PERFORM w.id FROM usage_window w
    WHERE (w.subject_id, w.kind, w.starts_on) IN (
      SELECT wanted.* FROM {callers} CROSS JOIN LATERAL (VALUES
        (caller.connection_id, 'month', asked.month_on),
        (caller.connection_id, 'day', asked.day_on),
        (caller.user_id, 'month', asked.month_on)) wanted
      WHERE caller.usable)
    ORDER BY w.subject_id, w.kind DESC, w.starts_on FOR UPDATE OF w;
  END IF;
  FOR asked IN SELECT * FROM json_to_recordset(given) AS rows({typed}) LOOP
    found_row := NULL;
    {to_plpgsql(admission_sql, "asked")};
    answers := array_append(answers, found_row);
  END LOOP;
  RETURN array_to_json(answers);
END"""  # noqa: S608 (no value is put in)
    return _function("admit", body)


def end_function(statements: Iterable[str]) -> Function:
    """The function that runs `statements` in order, for an object with the members `done` and `now`."""
    steps = "\n  ".join(_step(to_plpgsql(sql, "asked")) for sql in statements)
    body = f"""
DECLARE asked record;
BEGIN
  SELECT * INTO asked FROM json_to_record(given) AS row(done json, now timestamptz);
  {steps}
  RETURN NULL;
END"""  # noqa: S608 (no value is put in)
    return _function("settle", body)


def _step(sql: str) -> str:
    """A statement whose rows nobody reads: PL/pgSQL wants to be told."""
    return f"PERFORM 1 FROM ({sql}) locked;" if sql.endswith(("FOR UPDATE OF h", "FOR UPDATE OF b", "FOR UPDATE OF w")) else f"{sql};"


def _function(kind: str, body: str) -> Function:
    name = f"pg_temp.relay_{kind}_{hashlib.sha256(body.encode()).hexdigest()[:16]}"
    make = (
        f"CREATE OR REPLACE FUNCTION {name}(given json) RETURNS json LANGUAGE plpgsql AS "
        f"$relay$\n#variable_conflict use_column{body}\n$relay$"
    )
    return Function(name, make, f"SELECT CAST({name}(CAST($1 AS json)) AS text)")
