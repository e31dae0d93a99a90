"""What every Django answer bears: a request id, page headers, and no HTML under /v1."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse, JsonResponse

from . import envelope, ids
from .errors import ApiError, InternalError, MethodNotAllowed, NotFound
from .logging import trace_without_values

if TYPE_CHECKING:
    from collections.abc import Callable

    View = Callable[[HttpRequest], HttpResponse]

log = logging.getLogger("relay.requests")
_PLAIN: dict[int, type[ApiError]] = {404: NotFound, 405: MethodNotAllowed}


class RequestLog:
    """Puts the request id on request and response, and logs method, route, status and milliseconds.

    The route, not the path: what a caller types into a path can be a secret. Exceptions are logged by class and places, without
    their message, which can carry what a body held.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The response, with its X-Request-Id."""
        started = time.monotonic()
        rid = ids.request_id(request.headers.get("X-Request-Id"))
        request.request_id = rid  # type: ignore[attr-defined]  # read by the exception handler and views
        response = self.get_response(request)
        response["X-Request-Id"] = rid
        route = request.resolver_match.route if request.resolver_match else "(no route)"
        milliseconds = (time.monotonic() - started) * 1000
        log.info("%s %s /%s %d %.0f ms", rid, request.method, route, response.status_code, milliseconds)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Called by Django for what a view did not catch."""
        log.error("%s %s", getattr(request, "request_id", ""), trace_without_values(exception))


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
