"""What is kept of webhooks, and for how long."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef

from accounts.models import App
from webhooks.models import Counter, Endpoint, Event

KEPT: Final = timedelta(days=30)
_AT_ONCE: Final = 500
_MOST_BATCHES: Final = 20


def sweep(now: datetime) -> int:
    """Delete events after thirty days, delivered or not, and what is left of apps and connections that ended; answers how many events.

    At most 10,000 events a run, in small transactions: the next run goes on.
    """
    gone = 0
    for _ in range(_MOST_BATCHES):
        old = list(Event.objects.filter(created_at__lt=now - KEPT).order_by("created_at").values_list("pk", flat=True)[:_AT_ONCE])
        Event.objects.filter(pk__in=old).delete()
        gone += len(old)
        if len(old) < _AT_ONCE:
            break
    Counter.objects.filter(ended_at__lt=now - KEPT).delete()
    Endpoint.objects.filter(previous_until__lte=now).update(previous_secret=None, previous_until=None)
    waits = Exists(Event.objects.filter(app_id=OuterRef("app_id"), due_at__isnull=False))
    Endpoint.objects.exclude(app_id__in=App.objects.values("pk")).exclude(waits).delete()
    return gone
