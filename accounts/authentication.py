"""Bytes of a credential → a caller: user by bearer token or cookie, app by client id and secret (api.md, "Callers")."""

from __future__ import annotations

import base64
import binascii
import functools
import hmac
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication

from accounts.models import App, User, UserSession
from accounts.services import apps, sessions
from relay.core.errors import ApiError, Conflict, Forbidden, InvalidClient, InvalidRequest, OriginNotAllowed, ReauthRequired
from relay.core.views import Credential, credential_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http.response import HttpResponseBase
    from rest_framework.request import Request
    from rest_framework.response import Response

COOKIE = "__Host-1relay" if settings.RELAY_HTTPS else "1relay_session"
DEVICE_COOKIE = "__Host-1relay-device" if settings.RELAY_HTTPS else "1relay_device"
"""Says which browser it is, and lets nobody in (accounts.services.browsers); signing out leaves it."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def bearer(request: Request | HttpRequest) -> str | None:
    """The token of an Authorization: Bearer header; None without one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def device_cookie(request: Request) -> str:
    """The browser's device cookie; "" without one."""
    return request.COOKIES.get(DEVICE_COOKIE, "")


class UserAuthentication(BaseAuthentication):
    """A user: `Bearer 1r_ut_…`, or the cookie of the pages when there is no credential header."""

    def authenticate(self, request: Request) -> tuple[User, Credential] | None:
        """The user and the credential; None where neither is presented. Raises InvalidToken, TokenExpired and the cookie's refusals."""
        now = timezone.now()
        token = bearer(request)
        if token is not None:
            session = sessions.find(token, UserSession.BEARER, now)
        elif "Authorization" in request.headers or COOKIE not in request.COOKIES:
            return None
        else:
            token = request.COOKIES[COOKIE]
            session = sessions.find(token, UserSession.COOKIE, now)
            if request.method not in _SAFE:
                _check_page_write(request, session)
        return session.user, Credential("user", token.encode(), session)


def _check_page_write(request: Request, session: UserSession) -> None:
    """A cookie alone proves nothing about who made the browser send it (api.md, "Elevation", last paragraph)."""
    check_same_origin(request)
    unlocked_for = request.headers.get("X-1Relay-User")
    if unlocked_for is None:
        raise InvalidRequest(fields={"X-1Relay-User": ["Pages name the user their vault was unlocked for."]})
    if unlocked_for != session.user_id:
        raise Conflict("Somebody else has signed in in another tab. Reload the page.")
    # After the user: a page of the one who was signed in before has their CSRF token too.
    if not hmac.compare_digest(request.headers.get("X-CSRF-Token", "").encode(), sessions.csrf_token(session).encode()):
        raise Forbidden("The page is out of date. Reload it and try again.")


def check_same_origin(request: Request | HttpRequest) -> None:
    """Raises OriginNotAllowed unless the browser says that one of the relay's own pages sent this."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if (site is not None and site != "same-origin") or (site is None and origin not in settings.RELAY_ORIGINS):
        raise OriginNotAllowed
    if origin is not None and origin not in settings.RELAY_ORIGINS:
        raise OriginNotAllowed


class AppAuthentication(BaseAuthentication):
    """An app's server: HTTP Basic with client id and client secret."""

    def authenticate(self, request: Request) -> tuple[App, Credential] | None:
        """The app and the credential; None where no Basic header is presented. Raises InvalidClient."""
        scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            client_id, _, secret = base64.b64decode(encoded.strip(), validate=True).decode("ascii").partition(":")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            raise InvalidClient from None
        app = apps.authenticate(client_id, secret, timezone.now())
        return app, Credential("app", secret.encode(), app)


def session_of(request: Request) -> UserSession:
    """The calling user's session. Raises Forbidden for other kinds of callers."""
    record = credential_of(request).record
    if not isinstance(record, UserSession):
        raise Forbidden
    return record


def user_of(request: Request) -> User:
    """The calling user. Raises Forbidden for other kinds of callers."""
    return session_of(request).user


def app_of(request: Request) -> App:
    """The calling app. Raises Forbidden for other kinds of callers."""
    record = credential_of(request).record
    if not isinstance(record, App):
        raise Forbidden
    return record


def caller_of(request: Request) -> User | App:
    """The calling user or app."""
    record = credential_of(request).record
    return record if isinstance(record, App) else user_of(request)


def require_elevation(request: Request) -> None:
    """Raises ReauthRequired unless the request carries its session's live elevation (calls marked ▲)."""
    sessions.check_elevation(session_of(request), request.headers.get("X-1Relay-Elevation"), timezone.now())


def is_elevated(request: Request) -> bool:
    """Whether the request carries its session's live elevation, for calls that need it only sometimes."""
    try:
        require_elevation(request)
    except ReauthRequired:
        return False
    return True


def page_session(request: HttpRequest) -> UserSession | None:
    """The live cookie session of a page request, or None."""
    token = request.COOKIES.get(COOKIE)
    if token is None:
        return None
    try:
        return sessions.find(token, UserSession.COOKIE, timezone.now())
    except ApiError:
        return None


def signed_out(response: Response, session: UserSession) -> Response:
    """The answer that ends the caller's own session; a page's cookie goes with it."""
    if session.kind == UserSession.COOKIE:
        response.delete_cookie(COOKIE, path="/", samesite="Lax")
    return response


def user_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A page for signed-in people: calls `view(request, session, …)`, or sends to the sign-in page and back."""

    @functools.wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        session = page_session(request)
        if session is None:
            return HttpResponseRedirect(f"/signin?{urlencode({'next': request.path})}")
        return view(request, session, *args, **kwargs)

    return wrapper
