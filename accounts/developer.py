"""What the pages of one developer's app share: who may see them, and the frame of tabs around each."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

from django.http import Http404, HttpRequest

from accounts.authentication import user_page
from accounts.pages import shell
from accounts.services import apps
from relay.core.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http.response import HttpResponseBase

    from accounts.models import App, UserSession

TABS: Final = {
    "": "Overview",
    "/quickstart": "Quick start",
    "/connections": "Connections",
    "/usage": "Usage",
    "/requests": "Requests",
    "/webhooks": "Webhooks",
    "/settings": "Settings",
}
"""By the end of their addresses below /apps/<id>."""


def app_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A page of one app: calls `view(request, session, app)` for its owner; for everybody else there is nothing."""

    @user_page
    @functools.wraps(view)
    def wrapper(request: HttpRequest, session: UserSession, app_id: str) -> HttpResponseBase:
        try:
            app = apps.app_of(session.user, app_id)
        except NotFound:
            raise Http404 from None
        return view(request, session, app)

    return wrapper


def app_shell(request: HttpRequest, session: UserSession, app: App, tab: str) -> dict[str, Any]:
    """The template context of developer/base.html; `tab` is one of TABS."""
    tabs = [{"href": f"/apps/{app.pk}{end}", "title": title, "here": end == tab} for end, title in TABS.items()]
    return {**shell(request, session, "apps"), "app": app, "tabs": tabs, "tab": TABS[tab]}
