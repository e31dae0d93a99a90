"""The error codes of spec/errors.json, by status."""

from __future__ import annotations

import json
from functools import cache
from http import HTTPStatus
from typing import Any

from django.conf import settings

ERRORS_FILE = settings.BASE_DIR / "spec" / "errors.json"
_WAIT = frozenset({429, 503})
_LATER = frozenset({500, 502, 504})


@cache
def error_groups() -> list[dict[str, Any]]:
    """`{status, name, again, errors}` for each status, in order; `again`: whether sending the same once more may help."""
    by_status: dict[int, list[dict[str, Any]]] = {}
    for error in json.loads(ERRORS_FILE.read_text(encoding="utf-8"))["errors"]:
        meaning = error["meaning"].replace("`", "")
        by_status.setdefault(error["status"], []).append({**error, "meaning": meaning})
    return [
        {"status": status, "name": HTTPStatus(status).phrase, "again": _again(status), "errors": errors}
        for status, errors in sorted(by_status.items())
    ]


def _again(status: int) -> str:
    if status in _WAIT:
        return "Nothing has happened. Send it again after as many seconds as Retry-After says."
    if status in _LATER:
        return "Sending it again later may help. A chat call may have been carried out, so the SDKs do not repeat it by themselves."
    return "Sending the same again does not help."
