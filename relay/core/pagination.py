"""Lists by cursor: newest first, stable while rows are added (api.md, "Everywhere")."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Model, Q, QuerySet

from relay.crypto import encoding
from relay.crypto.errors import BadEncoding

from . import ids, strictjson
from .errors import InvalidJson, InvalidRequest

if TYPE_CHECKING:
    from rest_framework.request import Request

Row = TypeVar("Row", bound=Model)
_LIMIT = re.compile(r"[1-9]\d{0,2}", re.ASCII)
DEFAULT_LIMIT, MAX_LIMIT = 50, 200


def page(request: Request, rows: QuerySet[Row], by: str = "created_at") -> tuple[list[Row], str | None]:
    """One page of `rows`, newest first by `by` and id, and the cursor of the next. Raises InvalidRequest."""
    limit = _limit(request.query_params.get("limit"))
    cursor = request.query_params.get("cursor")
    if cursor is not None:
        at, row_id = read_place(cursor)
        rows = rows.filter(Q(**{f"{by}__lt": at}) | Q(**{by: at, "pk__lt": row_id}))
    found = list(rows.order_by(f"-{by}", "-pk")[: limit + 1])
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], write_place(getattr(last, by), str(last.pk))


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if _LIMIT.fullmatch(text) is None or int(text) > MAX_LIMIT:
        raise InvalidRequest(fields={"limit": [f"Must be an integer from 1 to {MAX_LIMIT}."]})
    return int(text)


def write_place(at: datetime, row_id: str) -> str:
    """The cursor of a row: its time and id."""
    return encoding.b64u_encode(json.dumps([at.isoformat(), row_id]).encode())


def read_place(cursor: str) -> tuple[datetime, str]:
    """The time and id that a cursor names. Raises InvalidRequest."""
    try:
        parts: Any = strictjson.loads(encoding.b64u_decode(cursor))
        at, row_id = datetime.fromisoformat(parts[0]), parts[1]
        if at.tzinfo is None or not ids.is_any_id(row_id):
            raise ValueError(cursor)
        at = at.astimezone(UTC)
    except (BadEncoding, InvalidJson, ValueError, TypeError, LookupError, OverflowError):
        raise InvalidRequest(fields={"cursor": ["Must be a nextCursor of this list."]}) from None
    return at, row_id
