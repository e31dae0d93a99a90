"""Delivering: what is due is claimed, sent by a few threads, and noted. Run by every beat; several runs may overlap.

An event is claimed by moving its `due_at` ahead with a conditional update, and let go by noting what came of it. A worker
that dies in between leaves it due again once LEASE is over: it is sent twice then, under one id, rather than never.
"""

from __future__ import annotations

import collections
import logging
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from accounts.models import App
from relay.core import egress
from relay.crypto.errors import CryptoError
from webhooks.models import Endpoint, Event
from webhooks.services import endpoints, results, sending
from webhooks.services.sending import Outcome, Parcel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

log = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=2)
"""Well above what an attempt takes, a name's slow resolution included."""
AT_ONCE: Final = 16
AT_ONCE_PER_APP: Final = 4
"""An endpoint that takes its time over each event keeps the others' from going out for no longer than this leaves room."""
RUN_SECONDS: Final = 8.0
"""After which a run claims no more: an embedded worker does one thing at a time, and has holds to sweep besides."""
_LOOK_SECONDS: Final = 0.5
"""How long what becomes due waits, at most, while slower attempts are under way."""
_APPS_LOOKED_AT: Final = 200


def deliver_due(now: datetime, *, resolve: egress.Resolve = egress.resolve) -> int:
    """Send what is due, and what becomes due meanwhile, for RUN_SECONDS; answers how many attempts were made."""
    started, made = time.monotonic(), 0
    flying: dict[Future[Outcome], Parcel] = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while True:
            elapsed = time.monotonic() - started
            at = now + timedelta(seconds=elapsed)
            if elapsed < RUN_SECONDS:
                for parcel in _claim(at, list(flying.values())):
                    flying[pool.submit(sending.send, parcel, at, resolve=resolve)] = parcel
            if not flying:
                return made
            done, _ = wait(flying, timeout=_LOOK_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                results.note(flying.pop(future), future.result(), now + timedelta(seconds=time.monotonic() - started))
                made += 1


def _claim(now: datetime, flying: list[Parcel]) -> Iterator[Parcel]:
    """Take up as much as there is room for, one event at a time: the next is of the app with the fewest under way.

    So an app that keeps its slots busy never has the last of them, however old its events are. Among equals: the oldest due first.
    """
    room = AT_ONCE - len(flying)
    if not room:
        return
    busy = collections.Counter(parcel.app_id for parcel in flying)
    ready = sorted(_ready(now), key=lambda one: busy[one[0].pk])[:room]
    waiting = {endpoint.pk: iter(_due(endpoint.pk, now)[: max(AT_ONCE_PER_APP - busy[endpoint.pk], 0)]) for endpoint, _ in ready}
    while room and ready:
        endpoint, url = min(ready, key=lambda one: busy[one[0].pk])
        event = next(waiting[endpoint.pk], None)
        if event is None:
            ready.remove((endpoint, url))
            continue
        busy[endpoint.pk] += 1
        parcel = _claimed(endpoint, url, event, now)
        if parcel is not None:
            room -= 1
            yield parcel


def _ready(now: datetime) -> Iterator[tuple[Endpoint, str]]:
    """Endpoints that something is due for, and their addresses: the app's own, or the last one of an app that is gone."""
    address = App.objects.filter(pk=OuterRef("app_id")).values("webhook_url")
    first = Event.objects.filter(app_id=OuterRef("app_id"), due_at__lte=now).order_by("due_at").values("due_at")[:1]
    rows = Endpoint.objects.filter(disabled_at=None).annotate(url=Coalesce(Subquery(address), "last_url"), first=Subquery(first))
    for endpoint in rows.filter(first__isnull=False).exclude(url="").order_by("first")[:_APPS_LOOKED_AT]:
        yield endpoint, endpoint.url


def _due(app_id: str, now: datetime) -> QuerySet[Event]:
    """An app's events to be sent now. A first attempt waits until the first attempt of what came before has ended."""
    earlier = Event.objects.filter(
        connection_id=OuterRef("connection_id"), sequence__lt=OuterRef("sequence"), attempts=0, due_at__isnull=False
    )
    due = Event.objects.filter(app_id=app_id, due_at__lte=now)
    return due.filter(Q(attempts__gt=0) | Q(sequence=None) | ~Exists(earlier)).order_by("due_at", "sequence", "pk")


def _claimed(endpoint: Endpoint, url: str, event: Event, now: datetime) -> Parcel | None:
    lease = now + LEASE
    if not Event.objects.filter(pk=event.pk, due_at=event.due_at).update(due_at=lease):
        return None  # somebody else's by now
    try:
        secrets = endpoints.signing_secrets(endpoint, now)
    except CryptoError:
        log.warning("webhook event %s: the app's signing secret does not open; was RELAY_SECRET_KEY changed?", event.pk)
        parcel = Parcel(event.pk, endpoint.pk, url, event.body, (), lease)
        results.note(parcel, Outcome(now, 0, why="The signing secret can’t be read any more. Make a new one."), now)
        return None
    return Parcel(event.pk, endpoint.pk, url, event.body, secrets, lease)
