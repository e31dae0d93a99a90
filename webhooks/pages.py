"""The page of one app's webhooks: where they go, what they are signed with, and what came of each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.developer import app_page, app_shell
from relay.core.errors import InvalidRequest
from relay.core.pagination import read_place, write_place
from webhooks.services import deliveries, endpoints

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from accounts.models import App, UserSession
    from webhooks.models import Endpoint, Event

SHOWN = 25


@dataclass(frozen=True, slots=True)
class Row:
    """One event, and its body with line breaks."""

    event: Event
    body: str


@require_safe
@app_page
def webhooks(request: HttpRequest, session: UserSession, app: App) -> HttpResponse:
    """The endpoint, its secret, and its deliveries from `?before=` on."""
    endpoint, now = endpoints.of_app(app), timezone.now()
    before = request.GET.get("before", "")
    rows = _page(app, before)
    context = {
        **app_shell(request, session, app, "/webhooks"),
        "endpoint": endpoint,
        "state": _state(app, endpoint),
        "previous_until": endpoint.previous_until if endpoint and endpoint.previous_until and endpoint.previous_until > now else None,
        "rows": [Row(event, json.dumps(json.loads(event.body), indent=2, ensure_ascii=False)) for event in rows[:SHOWN]],
        "newer": request.path if before else "",
        "older": f"?before={write_place(rows[SHOWN - 1].created_at, rows[SHOWN - 1].pk)}" if len(rows) > SHOWN else "",
    }
    return render(request, "webhooks/page.html", context)


def _page(app: App, before: str) -> list[Event]:
    rows = deliveries.of_app(app).order_by("-created_at", "-pk")
    try:
        at, event_id = read_place(before)
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=event_id))
    except InvalidRequest:  # none, or a cursor that is none: from the newest on
        pass
    return list(rows[: SHOWN + 1])


def _state(app: App, endpoint: Endpoint | None) -> str:
    if endpoint is not None and endpoint.disabled_at is not None:
        return "stopped"
    if endpoint is None or not app.webhook_url:
        return "open"
    return "failing" if endpoint.failures else "working"


urlpatterns = [path("apps/<str:app_id>/webhooks", webhooks)]
