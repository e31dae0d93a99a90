"""Whether an app's origins name it: each serves /.well-known/1relay.json with the app's client id (api.md, "Apps")."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from accounts.models import App
from accounts.services import activity
from accounts.services.apps import lock_app
from relay.core import egress, strictjson
from relay.core.errors import InvalidJson, InvalidRequest, NotFound
from relay.core.fields import LOOPBACK_HOSTS

if TYPE_CHECKING:
    from datetime import datetime

PATH: Final = "/.well-known/1relay.json"
EVERY: Final = timedelta(days=1)
MOST_SECONDS: Final = 20.0
"""For all origins of one app together: a task that takes longer would hold up sweeps and mail."""
_SHAPE: Final = 'It is not JSON such as {"clientIds": ["1r_cid_…"]}.'


@dataclass(frozen=True, slots=True)
class Verdict:
    """What asking one origin came to; `why` not, in words for the developer, or empty."""

    origin: str
    why: str

    @property
    def is_verified(self) -> bool:
        """Whether it names the app."""
        return not self.why


def verify(app: App, origin: str, now: datetime, *, resolve: egress.Resolve = egress.resolve) -> Verdict:
    """Ask one of the app's origins now, and keep the answer. Takes up to egress.SECONDS; holds no lock meanwhile.

    Raises: InvalidRequest for an origin that is not the app's, NotFound where the app was deleted meanwhile.
    """
    if origin not in app.allowed_origins:
        raise InvalidRequest(fields={"origin": ["Is not one of the app's allowed origins. Save it first."]})
    verdict = Verdict(origin, _why_not(app.client_id, origin, resolve))
    _keep(app, verdict, now)
    return verdict


def check_oldest(now: datetime, *, resolve: egress.Resolve = egress.resolve) -> list[Verdict]:
    """`check_again` of the app that was asked longest ago, where that is a day; nothing where there is none.

    One app a call, and the app is marked as asked before it is: no app, however slow, keeps the others from their turn.
    """
    is_due = Q(verified_at=None) | Q(verified_at__lte=now - EVERY)
    waiting = App.objects.filter(is_due).exclude(verified_origins=[], lost_origins=[])
    app = waiting.order_by(F("verified_at").asc(nulls_first=True), "pk").first()
    if app is None or not App.objects.filter(pk=app.pk, verified_at=app.verified_at).update(verified_at=now):
        return []
    try:
        return check_again(app, now, resolve=resolve)
    except NotFound:  # deleted meanwhile
        return []


def check_again(app: App, now: datetime, *, resolve: egress.Resolve = egress.resolve) -> list[Verdict]:
    """Ask every origin that names the app, or did, anew, for MOST_SECONDS together; those without a turn stay as they are.

    An origin that fails is lost; one that was lost already is dropped, and not asked again until its developer does. The order
    is shuffled, so that slow origins do not always take the others' turn.
    """
    asked = [origin for origin in app.allowed_origins if origin in {*app.verified_origins, *app.lost_origins}]
    random.shuffle(asked)
    ends, verdicts = monotonic() + MOST_SECONDS, []
    for origin in asked:
        left = ends - monotonic()
        if left <= 0:
            break
        verdict = Verdict(origin, _why_not(app.client_id, origin, resolve, min(left, egress.SECONDS)))
        _keep(app, verdict, now, keeps_lost=False)
        verdicts.append(verdict)
    return verdicts


def _why_not(client_id: str, origin: str, resolve: egress.Resolve, seconds: float = egress.SECONDS) -> str:
    is_loopback = urlsplit(origin).hostname in LOOPBACK_HOSTS
    if is_loopback and not settings.DEBUG:
        return "This is your own machine: there is nothing to verify. It works without."
    try:
        reply = egress.send("GET", origin + PATH, allow_loopback=is_loopback, resolve=resolve, seconds=seconds)
    except egress.EgressError as error:
        return error.why
    if reply.status != 200:
        return f"It answers {reply.status}. It must answer 200 by itself, without a redirect."
    return _why_not_in(reply.body, client_id)


def _why_not_in(body: bytes, client_id: str) -> str:
    try:
        said = strictjson.loads(body)
    except InvalidJson:
        return _SHAPE
    named = said.get("clientIds") if isinstance(said, dict) else None
    if not isinstance(named, list):
        return _SHAPE
    return "" if client_id in named else "It does not name this app’s client id."


@transaction.atomic
def _keep(app: App, verdict: Verdict, now: datetime, *, keeps_lost: bool = True) -> None:
    locked = lock_app(app)
    if verdict.origin not in locked.allowed_origins:
        return
    had = verdict.origin in locked.verified_origins
    verified, lost = {*locked.verified_origins} - {verdict.origin}, {*locked.lost_origins} - {verdict.origin}
    if verdict.is_verified:
        verified.add(verdict.origin)
    elif had or (keeps_lost and verdict.origin in locked.lost_origins):
        lost.add(verdict.origin)
    locked.verified_origins, locked.lost_origins, locked.verified_at = sorted(verified), sorted(lost), now
    locked.save(update_fields=["verified_origins", "lost_origins", "verified_at"])
    if had != verdict.is_verified:
        detail = f"{verdict.origin} {'was verified' if verdict.is_verified else 'is not verified any more'}"
        activity.record(locked.owner, "app_changed", now, subject=locked.name, subject_id=locked.pk, detail=detail)
