"""The two shapes of every answer (api.md, "Everywhere")."""

from __future__ import annotations

from typing import Any

from .errors import ApiError


def success(data: Any) -> dict[str, Any]:
    """The envelope of a success."""
    return {"success": True, "data": data}


def failure(error: ApiError, request_id: str) -> dict[str, Any]:
    """The envelope of a refusal; `details` only where there are any."""
    body: dict[str, Any] = {"code": error.code, "message": error.message, "requestId": request_id}
    if error.details:
        body["details"] = error.details
    return {"success": False, "error": body}
