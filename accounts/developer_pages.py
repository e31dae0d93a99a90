"""The developer's list of apps, one app's settings, and its logo, which anybody may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.authentication import user_page
from accounts.developer import app_page, app_shell
from accounts.models import App
from accounts.pages import shell
from accounts.services import logos, verification
from relay.core.fields import LOOPBACK_HOSTS

if TYPE_CHECKING:
    from accounts.models import UserSession

_A_YEAR = 31_536_000


@dataclass(frozen=True, slots=True)
class Origin:
    """An allowed origin as the settings show it: `state` is verified, lost, local or open."""

    name: str
    state: str
    file: str


@require_safe
@user_page
def app_list(request: HttpRequest, session: UserSession) -> HttpResponse:
    """The developer's apps, newest first."""
    owned = App.objects.filter(owner=session.user).order_by("-created_at", "-pk")
    return render(request, "accounts/apps.html", {**shell(request, session, "apps"), "apps": owned})


@require_safe
@app_page
def settings_page(request: HttpRequest, session: UserSession, app: App) -> HttpResponse:
    """What the app is called and looks like, where it may be opened from, its secrets, and its end."""
    until = app.previous_expires_at
    context = {
        **app_shell(request, session, app, "/settings"),
        "origins": "\n".join(app.allowed_origins),
        "redirects": "\n".join(app.redirect_uris),
        "previous_expires_at": until if until and until > timezone.now() else None,
        "verification": [_origin(app, origin) for origin in app.allowed_origins],
        "verification_file": '{"clientIds": ["' + app.client_id + '"]}',
    }
    return render(request, "accounts/app_settings.html", context)


def _origin(app: App, origin: str) -> Origin:
    state = "local" if urlsplit(origin).hostname in LOOPBACK_HOSTS else "open"
    if origin in app.verified_origins:
        state = "verified"
    elif origin in app.lost_origins:
        state = "lost"
    return Origin(origin, state, origin + verification.PATH)


@require_safe
def logo(request: HttpRequest, client_id: str, logo_hash: str) -> HttpResponse:
    """An app's logo, with no more power than a picture if it is opened by itself. A new picture has a new address."""
    picture = logos.logo_of(client_id, logo_hash)
    if picture is None:
        raise Http404
    response = HttpResponse(picture, content_type="image/png")
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = f"public, max-age={_A_YEAR}, immutable"
    return response


urlpatterns = [
    path("apps", app_list),
    path("apps/<str:app_id>/settings", settings_page),
    path("logos/<str:client_id>/<str:logo_hash>.png", logo),
]
