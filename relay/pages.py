"""Pages of no single package: the start page, the error codes, and what a page request gets when it fails."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from accounts.authentication import page_session
from accounts.pages import shell
from relay.styleguide import styleguide


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """What 1Relay is, in ten seconds."""
    return render(request, "relay/landing.html", shell(request, page_session(request), ""))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 as a page; without the frame's account menu, as the request itself is not to be trusted."""
    return _failure(request, 400, "This request can’t be read", "Go back, reload the page, and try again.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 as a page."""
    return _failure(request, 403, "You can’t open this page", "Sign in with the account it belongs to.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 as a page; the same for what does not exist and for what is somebody else's."""
    advice = "Check the address. It may have been deleted, or belong to another account."
    return _failure(request, 404, "There is nothing here", advice)


def server_error(request: HttpRequest) -> HttpResponse:
    """500 as a page. Touches no database: it may be what failed."""
    advice = "It is not your doing, and your keys are not affected. Try again; if it persists, report the request id."
    return _failure(request, 500, "Something went wrong on our side", advice)


def _failure(request: HttpRequest, status: int, heading: str, advice: str) -> HttpResponse:
    session = page_session(request) if status == HTTPStatus.NOT_FOUND else None
    context = {
        **shell(request, session, ""),
        "status": status,
        "heading": heading,
        "advice": advice,
        "request_id": getattr(request, "request_id", ""),
    }
    return render(request, "relay/error.html", context, status=status)


urlpatterns = [path("", landing), path("styleguide", styleguide)]
