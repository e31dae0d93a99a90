"""An app's request log in words: newest calls, one connection's, failed ones, or those with one request id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from linkflow.detail import Call, call_of
from relay.core.errors import InvalidRequest
from relay.core.ids import is_id
from usage import request_log

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from accounts.models import App
    from usage.models import LedgerEntry


@dataclass(frozen=True, slots=True)
class Row:
    """One call and the connection it was made through."""

    call: Call
    connection_id: str


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of calls, what was asked for, and the addresses of the pages beside it."""

    rows: list[Row]
    request_id: str
    connection_id: str
    errors_only: bool
    newer: str
    older: str


def listing(app: App, asked: Mapping[str, str], now: datetime) -> Listing:
    """What the query of the page asks for; a request id wins over all else. One query."""
    request_id, connection_id = asked.get("request", "").strip().replace("\0", ""), asked.get("connection", "")
    connection_id = connection_id if is_id("con", connection_id) else ""
    errors_only = asked.get("errors") == "1"
    if request_id:
        found = list(request_log.by_request_id(app.pk, request_id))
        return Listing(_rows(found, now), request_id, "", errors_only=False, newer="", older="")
    kept = {**({"connection": connection_id} if connection_id else {}), **({"errors": "1"} if errors_only else {})}
    places = {side: asked.get(side, "") for side in ("before", "after")}
    try:
        calls = request_log.page_of(app.pk, connection_id=connection_id, errors_only=errors_only, **places)
    except InvalidRequest:  # a cursor that is none
        calls = request_log.page_of(app.pk, connection_id=connection_id, errors_only=errors_only)
    newer = f"?{urlencode({**kept, 'after': calls.newer})}" if calls.newer else ""
    older = f"?{urlencode({**kept, 'before': calls.older})}" if calls.older else ""
    return Listing(_rows(calls.entries, now), "", connection_id, errors_only, newer, older)


def _rows(entries: list[LedgerEntry], now: datetime) -> list[Row]:
    return [Row(call_of(entry, now), entry.connection_id) for entry in entries]
