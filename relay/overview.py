"""The overview, where a signed-in person lands, and the export: pages over all packages, so they stand on the roof."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.authentication import user_page
from accounts.models import App
from accounts.pages import shell
from linkflow.attention import Matter, dead_keys, ending_soon, full_budgets
from linkflow.cards import provider_name
from linkflow.models import Connection
from relay.core.money import NANOS_PER_CENT, dollars
from usage import overview as spending
from usage import services as usage
from usage.charts import spend_chart
from usage.meters import meter_of
from vault.models import VaultItem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from accounts.models import User, UserSession
    from usage.overview import Spend
    from usage.reports import Sums
    from usage.services import Balance

_BY: Final = {"app": "By app", "provider": "By provider"}
_OWN_TOOLS: Final = "Your own tools"
_GONE: Final = "A deleted app"


@dataclass(frozen=True, slots=True)
class Row:
    """One app or provider in a table of the month."""

    name: str
    href: str
    calls: int
    errors: int
    spent: str
    cost_micros: int


@require_safe
@user_page
def overview(request: HttpRequest, session: UserSession) -> HttpResponse:
    """This month over all apps by `?by=app` or `provider`, and what needs attention; for newcomers how to begin."""
    user, now = session.user, timezone.now()
    spend, balance = spending.this_month(user.pk, now), usage.balances([user.pk], now).get(user.pk)
    has_key = VaultItem.objects.filter(user=user).exists()
    connected = Connection.objects.filter(user=user, trial=False, status__in=Connection.LIVE).count()
    by = request.GET["by"] if request.GET.get("by") in _BY else "app"
    context = {
        **shell(request, session, "overview"),
        "steps": _steps(has_key=has_key, connected=connected, called=bool(spend.totals.requests)),
        "matters": _matters(user, balance, now, has_key=has_key),
        "connected": connected,
        "debug": settings.DEBUG,
        **_month(spend, balance, by),
    }
    return render(request, "usage/overview.html", context)


def _month(spend: Spend, balance: Balance | None, by: str) -> dict[str, Any]:
    apps, searches = _app_names(spend)
    by_day: Mapping[str, Mapping[date, int]] = spend.by_day(by)
    names = apps if by == "app" else {key: provider_name(key) for key in by_day}
    capped = balance is not None and balance.limit_nanos is not None
    return {
        "month": f"{spend.days[0]:%B %Y}",
        "spent": dollars(spend.totals.cost_nanos),
        "calls": spend.totals.requests,
        "errors": spend.totals.errors,
        "held": dollars(balance.held_nanos) if balance and balance.held_nanos else "",
        "cap": meter_of(balance) if balance and capped else None,
        "cap_cents": balance.limit_nanos // NANOS_PER_CENT if balance and balance.limit_nanos is not None else "",
        "tabs": [{"href": f"/overview?{urlencode({'by': key})}#spend", "title": title, "here": key == by} for key, title in _BY.items()],
        "chart": spend_chart(spend.days, {names[key]: days for key, days in by_day.items()}),
        "by_app": [_row(apps[key], searches.get(key, ""), sums) for key, sums in spend.by("app").items()],
        "by_provider": [_row(provider_name(key), "", sums) for key, sums in spend.by("provider").items()],
    }


def _app_names(spend: Spend) -> tuple[dict[str, str], dict[str, str]]:
    """What to call each app of the month, two of one name told apart by a number; and the names that find them. One query."""
    ids = list(spend.by("app"))
    known = dict(App.objects.filter(pk__in=[key for key in ids if key]).values_list("pk", "name"))
    names: dict[str, str] = {}
    seen, taken = Counter[str](), set[str]()
    for key in ids:
        name = known.get(key, _GONE) if key else _OWN_TOOLS
        seen[name] += 1
        title = name if seen[name] == 1 else f"{name} ({seen[name]})"
        while title in taken:  # an app may be called "Tern (2)"
            seen[name] += 1
            title = f"{name} ({seen[name]})"
        taken.add(title)
        names[key] = title
    return names, known


def _row(name: str, search: str, sums: Sums) -> Row:
    href = f"/connections?{urlencode({'q': search})}" if search else ""
    return Row(name, href, sums.requests, sums.errors, dollars(sums.cost_nanos), sums.cost_nanos // 1000)


def _matters(user: User, balance: Balance | None, now: datetime, *, has_key: bool) -> list[Matter]:
    nearly = spending.nearly_used(user.pk, now)
    found = [*dead_keys(user), *_full_cap(nearly.get(user.pk)), *full_budgets(user, nearly, now), *ending_soon(user, now)]
    if has_key and user.recovery_public_key is None:
        text = "If you forget your master password, nobody can open your keys again, and neither can we."
        found.append(Matter("plain", "You have no recovery kit yet.", text, "Make a recovery kit", "/security#kit-section"))
    return found


def _full_cap(balance: Balance | None) -> list[Matter]:
    if balance is None:
        return []
    meter = meter_of(balance)
    title = "All apps together have used up your cap." if meter.exhausted else "All apps together have nearly used your cap."
    text = f"{meter.used} of {meter.limit} this month. It starts anew on {meter.resets_at:%-d %B} (UTC)."
    return [Matter("bad" if meter.exhausted else "warn", title, text, "Change the cap", does="cap")]


def _steps(*, has_key: bool, connected: int, called: bool) -> list[dict[str, Any]]:
    """How to begin, until a first call was made; empty for those who have."""
    if called or (has_key and connected):
        return []
    return [
        {
            "done": has_key,
            "title": "Put a key into your vault",
            "text": "It is encrypted in this browser. Nothing at hand? A sandbox key costs nothing.",
            "href": "/keys",
            "action": "Add a key",
        },
        {
            "done": bool(connected),
            "title": "Connect an app",
            "text": "Press “Connect” in an app that supports 1Relay, and say how much it may spend a month.",
            "href": "/docs",
            "action": "See how it works",
        },
        {
            "done": False,
            "title": "Watch what it spends",
            "text": "Every call shows up here with its cost. Pause or revoke an app whenever you like.",
            "href": "/connections",
            "action": "Your connections",
        },
    ]


@require_safe
@user_page
def export(request: HttpRequest, session: UserSession) -> HttpResponse:
    """Where everything that is kept of a person is put into one file, in the browser."""
    user, now = session.user, timezone.now()
    calls = spending.calls_of(user.pk, user.created_at, now)
    return render(request, "usage/export.html", {**shell(request, session, "security"), "calls": calls})


urlpatterns = [path("overview", overview), path("export", export)]
