"""The two pages of Link: the frame an app embeds, and the first-party window where a person approves (api.md, "Pages")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict
from urllib.parse import urlsplit

from csp.constants import NONE
from csp.decorators import csp_replace
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from accounts.authentication import page_session
from accounts.pages import shell
from linkflow.services import sessions
from relay.crypto.encoding import b64u_decode
from relay.crypto.errors import BadEncoding
from relay.providers import registry
from relay.providers.for_pages import key_facts

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from accounts.models import UserSession
    from linkflow.models import LinkSession


class ProviderName(TypedDict):
    """What the frame is told of a provider; `confirmed`: the facts that calls rest on are the provider's own word."""

    id: str
    name: str
    confirmed: bool


def frame(request: HttpRequest, link_hash: str) -> HttpResponseBase:
    """The modal: framed by exactly the session's origins, reads no cookie, approves nothing."""
    session = _find(link_hash)
    if session is None:
        return _unknown(request)
    context = {**_shell(request, None), "origins": session.allowed_origins, **_shown(session, link_hash), "provider_facts": _names()}

    # csp_replace takes a decorated view; the origins are known only now.
    @csp_replace({"frame-ancestors": session.allowed_origins or [NONE]})
    def answer(request: HttpRequest) -> HttpResponseBase:
        return render(request, "link/frame.html", context)

    response = answer(request)
    # For pages that isolate themselves (COEP): a frame there must opt in.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Cross-Origin-Embedder-Policy"] = "require-corp"
    return response


def window(request: HttpRequest, link_hash: str) -> HttpResponse:
    """The first-party window: sign in, unlock, choose, approve. The only page whose opener the browser leaves in place."""
    session = _find(link_hash)
    if session is None:
        return _unknown(request)
    context = {**_shell(request, page_session(request)), **_shown(session, link_hash), "provider_facts": key_facts()}
    response = render(request, "link/window.html", context)
    response["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response


def logo(request: HttpRequest, link_hash: str) -> HttpResponse:
    """The app's logo, a PNG: shown by both pages, with no more power than a picture if opened by itself."""
    session = _find(link_hash)
    if session is None or session.app.logo is None:
        return _unknown(request)
    response = HttpResponse(bytes(session.app.logo), content_type="image/png")
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, max-age=1800"
    return response


def _shown(session: LinkSession, link_hash: str) -> dict[str, str]:
    """Of the app itself only the address of its logo (empty if it has none): the rest is for holders of the link token."""
    return {"logo_url": f"/link/{link_hash}/logo" if session.app.logo_hash else ""}


def _unknown(request: HttpRequest) -> HttpResponse:
    """Answered for every hash without a session; keeps the default policy, so nobody can frame it."""
    return render(request, "link/unknown.html", status=404)


def _find(link_hash: str) -> LinkSession | None:
    try:
        return sessions.by_hash(b64u_decode(link_hash, length=32))
    except BadEncoding:
        return None


def _shell(request: HttpRequest, session: UserSession | None) -> dict[str, Any]:
    """What both pages show: the relay's own host, which people are told to look for."""
    own = shell(request, session, "link")
    return {**own, "relay_host": urlsplit(own["shell"].relay_origin).netloc}


def _names() -> list[ProviderName]:
    return [{"id": known.id, "name": known.name, "confirmed": known.is_confirmed} for known in registry.providers()]


urlpatterns = [
    path("link/frame/<str:link_hash>", frame),
    path("link/<str:link_hash>", window),
    path("link/<str:link_hash>/logo", logo),
]
