"""How far an app's link sessions came, and where people left (spec/link_events.json): in two queries, whatever their number.

A stage counts sessions that came at least that far: somebody who comes back signed in says so by no event, but by the
next one. Update mode is left out: there, nobody is won or lost; so are test users. Sessions are
kept thirty days (services.sessions.KEPT).
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db.models import Case, CharField, Count, Exists, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, NullIf

from linkflow.models import LinkEvent, LinkSession
from linkflow.services.sandbox import test_user_email
from usage.request_log import has_calls

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.models import App

STAGES: Final = {
    "created": "Link session made",
    "opened": "Link opened",
    "signed_in": "Signed in",
    "approved": "Approved",
    "exchanged": "Exchanged",
    "called": "First call",
}
_APPROVED = (LinkSession.AUTHORIZED, LinkSession.EXCHANGED)
_INSIDE = ("SIGN_UP", "SIGN_IN", "UNLOCK_VAULT", "SUBMIT_KEY", "SELECT_PROVIDER", "APPROVE_BUDGET")
_AT_CONSENT = ("requires_key", "provider_not_selected", "budget_not_approved")
NEVER_OPENED: Final = "never_opened"


@dataclass(frozen=True, slots=True)
class Stage:
    """How many sessions came this far; `share` of those made, in whole per cent."""

    name: str
    title: str
    count: int
    share: int


@dataclass(frozen=True, slots=True)
class Left:
    """How many people left at one place, and what that place is in words."""

    status: str
    meaning: str
    count: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """One app's link sessions of a period. Sessions that are still open have not left."""

    stages: list[Stage]
    left: list[Left]

    @property
    def total(self) -> int:
        """How many sessions were made."""
        return self.stages[0].count


def funnel(app: App, start: datetime, now: datetime) -> Funnel:
    """The sessions made from `start` to `now`."""
    rows = LinkSession.objects.filter(app=app, created_at__gte=start, created_at__lte=now, is_update=False)
    rows = rows.exclude(authorized_user__email=test_user_email(app.pk))
    return Funnel(_stages(rows), _left(rows, now))


def _stages(rows: QuerySet[LinkSession]) -> list[Stage]:
    approved, exchanged = Q(status__in=_APPROVED), Q(status=LinkSession.EXCHANGED)
    counts = rows.annotate(
        has_events=Exists(_events()), is_inside=Exists(_events(_inside())), is_called=has_calls("connection_id")
    ).aggregate(
        created=Count("pk"),
        opened=Count("pk", filter=Q(has_events=True) | approved),
        signed_in=Count("pk", filter=Q(is_inside=True) | approved),
        approved=Count("pk", filter=approved),
        exchanged=Count("pk", filter=exchanged),
        called=Count("pk", filter=exchanged & Q(is_called=True)),
    )
    made = counts["created"]
    return [Stage(name, title, counts[name], counts[name] * 100 // made if made else 0) for name, title in STAGES.items()]


def _left(rows: QuerySet[LinkSession], now: datetime) -> list[Left]:
    over = rows.exclude(status__in=_APPROVED).filter(Q(status=LinkSession.EXITED) | Q(expires_at__lte=now))
    told = LinkEvent.objects.filter(session=OuterRef("pk")).exclude(exit_status="").order_by("-pk").values("exit_status")[:1]
    unsaid = Case(
        When(Exists(_events(_inside())), then=Value("budget_not_approved")),
        When(Exists(_events()), then=Value("not_started")),
        default=Value(NEVER_OPENED),
        output_field=CharField(),
    )
    counted = (
        over.annotate(place=Coalesce(NullIf(Subquery(told), Value("")), unsaid))
        .values("place")
        .annotate(count=Count("pk"))
        .order_by("-count", "place")
    )
    words = meanings()
    places = [(str(row["place"]), row["count"]) for row in counted]
    return [Left(place, words.get(place, place), count) for place, count in places]


def _events(which: Q | None = None) -> QuerySet[LinkEvent]:
    events = LinkEvent.objects.filter(session=OuterRef("pk"))
    return events if which is None else events.filter(which)


def _inside() -> Q:
    return Q(name__in=_INSIDE) | Q(exit_status__in=_AT_CONSENT)


@functools.cache
def meanings() -> dict[str, str]:
    """Every exit status in words, by spec/link_events.json, and the one that no page can tell of."""
    spec: dict[str, Any] = json.loads((settings.BASE_DIR / "spec" / "link_events.json").read_bytes())
    told = {status["name"]: status["meaning"] for status in spec["exitStatuses"]}
    return {**told, NEVER_OPENED: "Link was never opened: the session ran out before."}
