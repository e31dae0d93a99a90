"""The two pages of Link: the frame an app embeds, and the first-party window where a person approves (api.md, "Pages")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict
from urllib.parse import urlsplit

from csp.constants import NONE
from csp.decorators import csp_replace
from django.shortcuts import render
from django.urls import path

from accounts.authentication import page_session
from accounts.pages import shell
from linkflow.services import sessions
from relay.crypto.encoding import b64u_decode
from relay.crypto.errors import BadEncoding
from relay.providers import registry

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, HttpResponseBase

    from accounts.models import UserSession
    from linkflow.models import LinkSession


class ProviderFacts(TypedDict):
    """What the pages' scripts are told of a provider."""

    id: str
    name: str
    confirmed: bool
    keyPage: str | None
    keyShapes: list[str]
    refusedKeyShapes: list[dict[str, str]]


def frame(request: HttpRequest, link_hash: str) -> HttpResponseBase:
    """The modal: framed by exactly the session's origins, reads no cookie, approves nothing."""
    session = _find(link_hash)
    if session is None:
        return _unknown(request)
    context = {**_shell(request, None), "origins": session.allowed_origins}

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
    if _find(link_hash) is None:
        return _unknown(request)
    response = render(request, "link/window.html", _shell(request, page_session(request)))
    response["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response


def _unknown(request: HttpRequest) -> HttpResponse:
    """Answered for every hash without a session; keeps the default policy, so nobody can frame it."""
    return render(request, "link/unknown.html", status=404)


def _find(link_hash: str) -> LinkSession | None:
    try:
        return sessions.by_hash(b64u_decode(link_hash, length=32))
    except BadEncoding:
        return None


def _shell(request: HttpRequest, session: UserSession | None) -> dict[str, Any]:
    """What both pages show: the relay's own host, which people are told to look for, and what providers are called."""
    own = shell(request, session, "link")
    return {**own, "relay_host": urlsplit(own["shell"].relay_origin).netloc, "provider_facts": _facts()}


def _facts() -> list[ProviderFacts]:
    return [
        {
            "id": known.id,
            "name": known.name,
            "confirmed": known.is_confirmed,
            "keyPage": known.key_page,
            "keyShapes": list(known.key_shapes),
            "refusedKeyShapes": [{"shape": refused.shape, "why": refused.why} for refused in known.refused_key_shapes],
        }
        for known in registry.providers()
    ]


urlpatterns = [
    path("link/frame/<str:link_hash>", frame),
    path("link/<str:link_hash>", window),
]
