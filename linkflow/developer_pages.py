"""The pages of one developer's app that tell of people and money: overview, connections, usage, requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from accounts.developer import app_page, app_shell

if TYPE_CHECKING:
    from accounts.models import App, UserSession


@require_safe
@app_page
def overview(request: HttpRequest, session: UserSession, app: App) -> HttpResponse:
    """How the app does."""
    return render(request, "developer/overview.html", app_shell(request, session, app, ""))


urlpatterns = [path("apps/<str:app_id>", overview)]
