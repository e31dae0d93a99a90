"""The pages of connections: who may use the user's keys, what they have spent, and the way to bound or stop them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.authentication import user_page
from accounts.pages import shell
from linkflow.detail import detail
from linkflow.listing import listing
from relay.core.errors import NotFound
from relay.providers import registry

if TYPE_CHECKING:
    from accounts.models import UserSession


@require_safe
@user_page
def connections(request: HttpRequest, session: UserSession) -> HttpResponse:
    """The user's connections by `?q=&status=&page=`, each with its budget."""
    found = listing(session.user, request.GET.dict(), timezone.now())
    return render(request, "linkflow/connections.html", {**shell(request, session, "connections"), "list": found})


@require_safe
@user_page
def connection(request: HttpRequest, session: UserSession, connection_id: str) -> HttpResponse:
    """Everything about one connection; somebody else's is not found."""
    try:
        found = detail(session.user, connection_id, request.GET.dict(), timezone.now())
    except NotFound:
        raise Http404 from None
    names = {provider.id: provider.name for provider in registry.providers()}
    context = {**shell(request, session, "connections"), "detail": found, "connection": found.card, "provider_names": names}
    return render(request, "linkflow/connection.html", context)


urlpatterns = [path("connections", connections), path("connections/<str:connection_id>", connection)]
