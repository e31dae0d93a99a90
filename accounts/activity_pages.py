"""/activity: what was done to the account, by day; and the page that a mailed link opens. No script is needed to read the first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.activity_words import Line, line_of
from accounts.authentication import page_session, user_page
from accounts.pages import shell
from accounts.services import activity
from relay.core import pagination
from relay.core.errors import InvalidRequest

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import Activity, UserSession

PAGE_SIZE: Final = 50
_TABS: Final = {
    "": "Everything",
    "security": "Sign-in and security",
    "keys": "Keys",
    "connections": "Connections",
    "budgets": "Budgets",
    "developer": "Developer",
}


@dataclass(frozen=True, slots=True)
class Day:
    """One UTC day's activities, newest first."""

    on: date
    title: str
    lines: list[Line]


@require_safe
@user_page
def activity_page(request: HttpRequest, session: UserSession) -> HttpResponse:
    """The person's activity: `?group=` filters, `?before=` and `?after=` turn pages. Not found for anything that is neither."""
    group = request.GET.get("group", "")
    if group not in _TABS:
        raise Http404
    before, after = request.GET.get("before", ""), request.GET.get("after", "")
    try:
        rows, newer, older = _page(activity.of(session.user, group or None), before, after)
    except InvalidRequest:
        raise Http404 from None
    context = {
        **shell(request, session, "activity"),
        "days": _days(rows, timezone.now().astimezone(UTC).date()),
        "group": group,
        "tabs": [{"href": _address(name), "title": title, "here": name == group} for name, title in _TABS.items()],
        "newer": _address(group, after=newer) if newer else "",
        "older": _address(group, before=older) if older else "",
    }
    return render(request, "accounts/activity.html", context)


@require_safe
def verify_email(request: HttpRequest) -> HttpResponse:
    """What the link in a mail opens, signed in or not. The token is in the fragment: only the page's script sees it."""
    return render(request, "accounts/verify_email.html", shell(request, page_session(request), "verify-email"))


def _page(rows: QuerySet[Activity], before: str, after: str) -> tuple[list[Activity], str, str]:
    """One page of rows, and the cursors of the newer and the older one, "" where there is none. One query."""
    if after:
        at, row_id = pagination.read_place(after)
        rows = rows.filter(at__gte=at).exclude(at=at, pk__lte=row_id).order_by("at", "pk")
    elif before:
        at, row_id = pagination.read_place(before)
        rows = rows.filter(at__lte=at).exclude(at=at, pk__gte=row_id)
    found = list(rows[: PAGE_SIZE + 1])
    more, shown = len(found) > PAGE_SIZE, found[:PAGE_SIZE]
    if after:
        shown.reverse()
    has_newer, has_older = (more, True) if after else (bool(before), more)
    newer = pagination.write_place(shown[0].at, shown[0].pk) if shown and has_newer else ""
    older = pagination.write_place(shown[-1].at, shown[-1].pk) if shown and has_older else ""
    return shown, newer, older


def _days(rows: list[Activity], today: date) -> list[Day]:
    by_day = groupby(rows, key=lambda row: row.at.astimezone(UTC).date())
    return [Day(on, _title(on, today), [line_of(row) for row in done]) for on, done in by_day]


def _title(on: date, today: date) -> str:
    if on == today:
        return "Today"
    if on == today - timedelta(days=1):
        return "Yesterday"
    return f"{on:%A %-d %B}" if on.year == today.year else f"{on:%-d %B %Y}"


def _address(group: str, **place: str) -> str:
    query: dict[str, Any] = {**({"group": group} if group else {}), **place}
    return f"/activity?{urlencode(query)}" if query else "/activity"


urlpatterns = [
    path("activity", activity_page),
    path("verify-email", verify_email),
]
