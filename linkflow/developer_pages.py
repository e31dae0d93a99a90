"""The pages of one developer's app that tell of people and money: overview, quick start, connections, usage, requests.

People are pseudonymous here: a connection's id and the app's own `clientUserId`, never who they are to the relay.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.developer import app_page, app_shell
from accounts.pages import own_origin
from linkflow import app_calls, app_connections, quickstart
from linkflow.cards import provider_name
from linkflow.funnel import funnel
from relay.core import ratelimit
from relay.core.money import dollars
from usage import app_usage
from usage.app_usage import Span
from usage.charts import spend_chart
from usage.export import CSV, MEDIA

if TYPE_CHECKING:
    from typing import Any

    from accounts.models import App, UserSession
    from usage.overview import Spend
    from usage.reports import Sums

PERIODS: Final = (7, 30, 90)
_FUNNEL_DAYS: Final = (7, 30)
"""Link sessions are forgotten after thirty."""
CONNECTIONS_SHOWN: Final = 20
USAGE_FILES: Final = ratelimit.Limit("usage-files", 30, 300)


@require_safe
@app_page
def overview(request: HttpRequest, session: UserSession, app: App) -> HttpResponse:
    """How the app does: its link funnel, where people left, and what its calls cost, by `?days=`."""
    now = timezone.now()
    days = _days(request, _FUNNEL_DAYS)
    spend = app_usage.by_provider_and_model(app.pk, Span.of(now, days))
    context = {
        **app_shell(request, session, app, ""),
        "days": days,
        "periods": _periods(request, _FUNNEL_DAYS, days),
        "funnel": funnel(app, now - timedelta(days=days), now),
        "active": app_connections.count_active(app, now),
        "progress": quickstart.progress(app),
        **_spend(spend),
    }
    return render(request, "developer/overview.html", context)


@require_safe
@app_page
def quick_start(request: HttpRequest, session: UserSession, app: App) -> HttpResponse:
    """Code with the app's own client id, by `?language=`; and which steps the server has seen."""
    language = request.GET.get("language", "")
    language = language if language in quickstart.LANGUAGES else "node"
    relay_origin = own_origin(request)
    is_curl = language == "curl"
    context = {
        **app_shell(request, session, app, "/quickstart"),
        "languages": [{"name": name, "title": title, "here": name == language} for name, title in quickstart.LANGUAGES.items()],
        "language": language,
        "progress": quickstart.progress(app),
        "local_origin": quickstart.local_origin(app),
        "offered_origin": quickstart.LOCAL_ORIGIN,
        "origins": app.allowed_origins,
        "server": None if is_curl else quickstart.server_code(app, language, relay_origin),
        "commands": quickstart.curl_code(app, relay_origin) if is_curl else [],
    }
    return render(request, "developer/quickstart.html", context)


@require_safe
@app_page
def progress(request: HttpRequest, session: UserSession, app: App) -> HttpResponse:
    """Which steps of the quick start the server has seen, for its page to ask again and again."""
    seen = quickstart.progress(app)
    return JsonResponse({"opened": seen.opened, "exchanged": seen.exchanged, "called": seen.called})


@require_safe
@app_page
def connections(request: HttpRequest, session: UserSession, app: App) -> HttpResponse:
    """The app's connections, newest first, by `?before=&after=&q=`."""
    found = app_connections.listing(app, request.GET.dict(), timezone.now())
    return render(request, "developer/connections.html", {**app_shell(request, session, app, "/connections"), "list": found})


@require_safe
@app_page
def usage(request: HttpRequest, session: UserSession, app: App) -> HttpResponse:
    """What the app's calls cost, by day, provider, model and connection, by `?days=`."""
    now, days = timezone.now(), _days(request, PERIODS)
    span = Span.of(now, days)
    by_connection = app_usage.by_connection(app.pk, span)
    spend = app_usage.by_provider_and_model(app.pk, span)
    context = {
        **app_shell(request, session, app, "/usage"),
        "days": days,
        "periods": _periods(request, PERIODS, days),
        "by_provider": [_row(provider_name(name), sums) for name, sums in spend.by("provider").items()],
        "by_model": [_row(name or "No model", sums) for name, sums in spend.by("model").items()],
        "by_connection": [_row(name, sums) for name, sums in by_connection[:CONNECTIONS_SHOWN]],
        "more_connections": max(len(by_connection) - CONNECTIONS_SHOWN, 0),
        **_spend(spend),
    }
    return render(request, "developer/usage.html", context)


@require_safe
@app_page
def usage_csv(request: HttpRequest, session: UserSession, app: App) -> StreamingHttpResponse:
    """The same as a file: a line for each day, provider, model and connection. Raises RateLimited."""
    now, days = timezone.now(), _days(request, PERIODS)
    ratelimit.check(USAGE_FILES, session.user_id, now)
    name = f'attachment; filename="usage-{app.pk}-{days}-days.csv"'
    return StreamingHttpResponse(
        app_usage.csv_file(app.pk, Span.of(now, days)), content_type=MEDIA[CSV], headers={"Content-Disposition": name}
    )


@require_safe
@app_page
def requests(request: HttpRequest, session: UserSession, app: App) -> HttpResponse:
    """The app's calls, newest first, or those with one request id: `?request=&connection=&errors=&before=&after=`."""
    found = app_calls.listing(app, request.GET.dict(), timezone.now())
    return render(request, "developer/requests.html", {**app_shell(request, session, app, "/requests"), "list": found})


def _days(request: HttpRequest, allowed: tuple[int, ...]) -> int:
    asked = request.GET.get("days", "")
    return next((days for days in allowed if str(days) == asked), 30)


def _periods(request: HttpRequest, allowed: tuple[int, ...], here: int) -> list[dict[str, Any]]:
    return [{"href": f"{request.path}?days={days}", "title": f"{days} days", "here": days == here} for days in allowed]


def _spend(spend: Spend) -> dict[str, Any]:
    totals = spend.totals
    by_day = {provider_name(name): days for name, days in spend.by_day("provider").items()}
    return {
        "chart": spend_chart(spend.days, by_day),
        "spent": dollars(totals.cost_nanos),
        "calls": f"{totals.requests:,}",
        "errors": f"{totals.errors:,} failed" if totals.errors else "None failed",
        "has_errors": totals.errors > 0,
        "tokens": f"{totals.input_tokens + totals.output_tokens:,}",
    }


def _row(name: str, sums: Sums) -> dict[str, Any]:
    tokens = {"input": f"{sums.input_tokens:,}", "output": f"{sums.output_tokens:,}"}
    return {"name": name, "calls": f"{sums.requests:,}", "errors": f"{sums.errors:,}", "cost": dollars(sums.cost_nanos), **tokens}


urlpatterns = [
    path("apps/<str:app_id>", overview),
    path("apps/<str:app_id>/quickstart", quick_start),
    path("apps/<str:app_id>/quickstart/progress", progress),
    path("apps/<str:app_id>/connections", connections),
    path("apps/<str:app_id>/usage", usage),
    path("apps/<str:app_id>/usage.csv", usage_csv),
    path("apps/<str:app_id>/requests", requests),
]
