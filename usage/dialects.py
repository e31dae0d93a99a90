"""The few words in which the hot path's SQL differs between PostgreSQL and SQLite; everything else is one text for both.

Texts name parameters `%(name)s`; Django's cursors and psycopg take them so on both databases, and `to_sqlite` rewrites
them for a bare sqlite3 connection.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

_PARAMETER = re.compile(r"%\((\w+)\)s")

Params = dict[str, Any]  # whatever a database adapter takes: text, bytes, whole numbers, moments, days, None


@dataclass(frozen=True, slots=True)
class Dialect:
    """One database's words: least and greatest of several numbers, membership in a JSON list, whether rows are locked."""

    vendor: str
    least: str
    greatest: str
    json_has: str
    locks: bool

    def lock(self, tables: str) -> str:
        """The row lock at the end of a SELECT; nothing on SQLite, whose writers queue as a whole."""
        return f"FOR UPDATE OF {tables}" if self.locks else ""

    def binary(self, data: bytes) -> bytes | str:
        """Bytes as a parameter of an admission: JSON text that PostgreSQL reads as bytea, bytes themselves on SQLite."""
        return f"\\x{data.hex()}" if self.vendor == "postgresql" else data

    def rows(self, parameter: str, columns: dict[str, str]) -> str:
        """A SELECT of typed columns out of the JSON array in a parameter."""
        if self.vendor == "postgresql":
            typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
            return f"SELECT * FROM jsonb_to_recordset(CAST(%({parameter})s AS jsonb)) AS r({typed})"  # noqa: S608 (names are ours)
        picked = ", ".join(f"value->>'{name}' AS {name}" for name in columns)
        return f"SELECT {picked} FROM json_each(%({parameter})s)"  # noqa: S608 (names are ours)


POSTGRESQL = Dialect(
    vendor="postgresql",
    least="LEAST",
    greatest="GREATEST",
    json_has="jsonb_exists({column}, {value})",
    locks=True,
)
SQLITE = Dialect(
    vendor="sqlite",
    least="MIN",
    greatest="MAX",
    json_has="EXISTS (SELECT 1 FROM json_each({column}) WHERE json_each.value = {value})",
    locks=False,
)
DIALECTS = {dialect.vendor: dialect for dialect in (POSTGRESQL, SQLITE)}


def to_plpgsql(sql: str, record: str) -> str:
    """The text inside a PL/pgSQL function, with the fields of a record for its parameters."""
    return _PARAMETER.sub(rf"{record}.\1", sql)


def to_sqlite(sql: str) -> str:
    """The text with sqlite3's own parameter marks."""
    return _PARAMETER.sub(r":\1", sql)


def sqlite_params(params: Params) -> Params:
    """Values as Django stores them on SQLite: moments and days as text, moments in UTC without a zone."""
    return {name: _sqlite_value(value) for name, value in params.items()}


def _sqlite_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return str(value.astimezone(UTC).replace(tzinfo=None))
    return value.isoformat() if isinstance(value, date) else value
