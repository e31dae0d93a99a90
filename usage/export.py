"""A person's whole ledger as a file, written while it is read: a thousand rows at a time, whatever its length."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Final

import orjson
from asgiref.sync import sync_to_async
from django.db import close_old_connections

from relay.core.times import rfc3339
from usage.models import LedgerEntry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

CSV, JSON_LINES = "csv", "jsonl"
MEDIA: Final = {CSV: "text/csv; charset=utf-8", JSON_LINES: "application/x-ndjson"}
CHUNK_ROWS: Final = 1000
COLUMNS: Final = {
    "admittedAt": "admitted_at",
    "settledAt": "settled_at",
    "requestId": "request_id",
    "appId": "app_id",
    "connectionId": "connection_id",
    "provider": "provider",
    "model": "model",
    "door": "door",
    "httpStatus": "http_status",
    "errorCode": "error_code",
    "latencyMs": "latency_ms",
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "cachedInputTokens": "cached_input_tokens",
    "costNanos": "cost_nanos",
    "usageSource": "usage_source",
    "priceVersion": "price_version",
}
"""What a file names each column of the ledger. `costNanos` is exact: billionths of a US dollar."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


async def ledger(user_id: str, form: str, until: datetime) -> AsyncIterator[bytes]:
    """The calls admitted before `until`, oldest first, as CSV with a head or as one JSON object a line.

    Between two parts no database connection is held: whoever reads slowly keeps none from others.
    """
    write = _WRITERS[form]
    if form == CSV:
        yield csv_lines([list(COLUMNS)])
    last: LedgerEntry | None = None
    while rows := await sync_to_async(_rows_after)(user_id, last, until):
        yield write(rows)
        last = rows[-1]


def _rows_after(user_id: str, last: LedgerEntry | None, until: datetime) -> list[LedgerEntry]:
    rows = LedgerEntry.objects.filter(user_id=user_id, admitted_at__lt=until)
    if last is not None:
        rows = rows.filter(admitted_at__gte=last.admitted_at).exclude(admitted_at=last.admitted_at, hold_id__lte=last.hold_id)
    try:
        return list(rows.order_by("admitted_at", "hold_id")[:CHUNK_ROWS])
    finally:
        close_old_connections()


def _record(entry: LedgerEntry) -> dict[str, Any]:
    record = {name: getattr(entry, column) for name, column in COLUMNS.items()}
    return record | {"admittedAt": rfc3339(entry.admitted_at), "settledAt": rfc3339(entry.settled_at), "appId": entry.app_id or None}


def _as_csv(entries: list[LedgerEntry]) -> bytes:
    return csv_lines([[cell(value) for value in _record(entry).values()] for entry in entries])


def cell(value: Any) -> Any:
    """A value for `csv_lines`. Text that a spreadsheet would run as a formula gets a quote before it: an app chooses the model's name."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def csv_lines(rows: list[list[Any]]) -> bytes:
    """Rows of cells as lines of CSV, in UTF-8."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _as_json_lines(entries: list[LedgerEntry]) -> bytes:
    return b"".join(orjson.dumps(_record(entry)) + b"\n" for entry in entries)


_WRITERS: Final[dict[str, Callable[[list[LedgerEntry]], bytes]]] = {CSV: _as_csv, JSON_LINES: _as_json_lines}
