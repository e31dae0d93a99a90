"""What every Django answer bears: a request id, page headers, and no HTML under /v1."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse, JsonResponse

from . import envelope, ids
from .errors import ApiError, InternalError, MethodNotAllowed, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    View = Callable[[HttpRequest], HttpResponse]

log = logging.getLogger("relay.requests")
_PLAIN: dict[int, type[ApiError]] = {404: NotFound, 405: MethodNotAllowed}


def request_id(get_response: View) -> View:
    """Puts the request id on request and response, and logs method, path, status and milliseconds."""

    def middleware(request: HttpRequest) -> HttpResponse:
        started = time.monotonic()
        rid = ids.request_id(request.headers.get("X-Request-Id"))
        request.request_id = rid  # type: ignore[attr-defined]  # read by the exception handler and views
        response = get_response(request)
        response["X-Request-Id"] = rid
        log.info(
            "%s %s %s %d %.0f ms", rid, request.method, request.path, response.status_code,
            (time.monotonic() - started) * 1000,
        )  # fmt: skip
        return response

    return middleware


def plain_failures(get_response: View) -> View:
    """Turns whatever Django itself answers under /v1 (404, 400 of a bad Host, 500) into the envelope."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_ours = response.get("Content-Type", "").startswith("application/json")
        if response.status_code < 400 or is_ours or not f"{request.path}/".startswith("/v1/"):
            return response
        error = error_of(response.status_code)
        rid = request.request_id  # type: ignore[attr-defined]
        return JsonResponse(envelope.failure(error, rid), status=error.status)

    return middleware


def error_of(status: int) -> ApiError:
    """The ApiError for a bare status of Django's."""
    if status in _PLAIN:
        return _PLAIN[status]()
    if status < 500:
        return NotFound("This address or host is not served here. Check the URL.")
    return InternalError()


def page_headers(get_response: View) -> View:
    """Keeps pages and answers out of caches; whatever a view has set itself stays."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.setdefault("Cache-Control", "no-store")
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    return middleware


def static_headers(headers: dict[str, str], path: str, url: str) -> None:
    """Static files bear a policy of their own: a Worker obeys the policy of its script's answer."""
    headers["Content-Security-Policy"] = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"
    headers["X-Content-Type-Options"] = "nosniff"
