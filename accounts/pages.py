"""Pages of people who come: sign-up, sign-in; and what every page shares. The forms' work is done by scripts, over /v1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from accounts.authentication import page_session
from accounts.services import sessions

if TYPE_CHECKING:
    from accounts.models import UserSession

HOME = "/overview"
_NO_RETURN = ("/signin", "/signup", "/recover")


@dataclass(frozen=True, slots=True)
class Shell:
    """What every page's frame shows: the relay's origin as this browser reaches it, and who is signed in."""

    relay_origin: str
    session: UserSession | None
    csrf_token: str
    here: str


def shell(request: HttpRequest, session: UserSession | None, here: str) -> dict[str, Any]:
    """The template context of base.html; `here` is the navigation's current entry."""
    csrf_token = sessions.csrf_token(session) if session else ""
    return {"shell": Shell(own_origin(request), session, csrf_token, here)}


def own_origin(request: HttpRequest) -> str:
    """The configured origin that the request's host names, or the primary one; never the Host header itself."""
    host = request.headers.get("Host", "")
    named = (origin for origin in settings.RELAY_ORIGINS if origin.split("://", 1)[1] == host)
    return next(named, settings.RELAY_ORIGINS[0])


def safe_next(request: HttpRequest) -> str:
    """Where to go after signing in: `?next=` if it is a path of this site, else the overview."""
    target = request.GET.get("next", "")
    is_path = target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    if not is_path or "\\" in target or len(target) > 512 or target.startswith(_NO_RETURN):
        return HOME
    return target


@require_safe
def signup(request: HttpRequest) -> HttpResponse:
    """The form that makes a vault; somebody signed in is sent on."""
    return _entry(request, "signup")


@require_safe
def signin(request: HttpRequest) -> HttpResponse:
    """The form that opens a vault; somebody signed in is sent on."""
    return _entry(request, "signin")


def _entry(request: HttpRequest, name: str) -> HttpResponse:
    target = safe_next(request)
    if page_session(request) is not None:
        return HttpResponseRedirect(target)
    context = {**shell(request, None, name), "next": target, "home": HOME, "deleted": "deleted" in request.GET}
    return render(request, f"accounts/{name}.html", context)


urlpatterns = [
    path("signup", signup),
    path("signin", signin),
]
