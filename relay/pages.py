"""Pages of no single package: the start page, the error codes, and what a page request gets when it fails."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from accounts.authentication import page_session
from accounts.pages import HOME, own_origin, shell
from relay.core.errors import RateLimited
from relay.styleguide import styleguide

if TYPE_CHECKING:
    from collections.abc import Callable

# Compiled against the SDK by tests/web/test_landing.py.
_SAMPLE = """const relay = new OneRelayClient({ clientId, clientSecret, baseUrl: "RELAY" });
const { linkToken } = await relay.createLinkSession({ requestedProviders: ["openai"] });
// Your page opens Link with linkToken. The person approves, and your page gets a publicToken.
const { accessToken } = await relay.exchangePublicToken(publicToken);
const answer = await relay.chatCompletion({ accessToken, provider: "openai", model: "gpt-4o", messages });
console.log(answer.choices[0]?.message.content, answer.relay.budgetRemainingMicros);"""


_WITH_A_MENU = (HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS)
"""Failures whose page says who is signed in: the request is to be trusted, the database answers."""


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """What 1Relay is, in ten seconds."""
    frame = shell(request, page_session(request), "")
    sample = _SAMPLE.replace("RELAY", own_origin(request))
    context = {**frame, "canonical": f"{settings.RELAY_ORIGINS[0]}/", "home": HOME, "sample": sample}
    return render(request, "relay/landing.html", context)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What search engines leave alone: the API and people's approvals."""
    return HttpResponse("User-agent: *\nDisallow: /v1/\nDisallow: /link/\n", content_type="text/plain; charset=utf-8")


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


class TooManyRequests:
    """Middleware: the page of a view that raised RateLimited, 429. Views under /v1 answer their own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The response as it is."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Called by Django for what a view did not catch."""
        if not isinstance(exception, RateLimited):
            return None
        advice = f"Wait {_in_words(int(exception.headers['Retry-After']))}, then try again."
        response = _failure(request, HTTPStatus.TOO_MANY_REQUESTS, "Too many requests", advice)
        for name, value in exception.headers.items():
            response[name] = value
        return response


def _in_words(seconds: int) -> str:
    """A wait in whole seconds or, from two minutes on, in whole minutes: never shorter than it is."""
    if seconds < 120:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    return f"{-(-seconds // 60)} minutes"


def _failure(request: HttpRequest, status: int, heading: str, advice: str) -> HttpResponse:
    session = page_session(request) if status in _WITH_A_MENU else None
    context = {
        **shell(request, session, ""),
        "status": status,
        "heading": heading,
        "advice": advice,
        "home": HOME,
        "request_id": getattr(request, "request_id", ""),
    }
    return render(request, "relay/error.html", context, status=status)


urlpatterns = [path("", landing), path("robots.txt", robots), path("styleguide", styleguide)]
