"""Prints, as JSON, whether a relay's money adds up after a benchmark. python -m bench.books, with that relay's environment."""

from __future__ import annotations

import json
import os

import django


def audit() -> dict[str, int | bool]:
    """Entries in the ledger, holds that were never settled, and whether the connections' months add up to the entries."""
    from django.db.models import Sum  # noqa: PLC0415 (needs Django set up)

    from usage.models import Hold, LedgerEntry, Window  # noqa: PLC0415

    booked = LedgerEntry.objects.aggregate(sum=Sum("cost_nanos"))["sum"] or 0
    connections = LedgerEntry.objects.values("connection_id").distinct()
    months = Window.objects.filter(kind=Window.MONTH, subject_id__in=connections).aggregate(
        spent=Sum("spent_nanos"), held=Sum("held_nanos")
    )
    agree = (months["spent"] or 0) == booked and not months["held"]
    return {"entries": LedgerEntry.objects.count(), "holds": Hold.objects.count(), "agree": agree}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "relay.settings")
    django.setup()
    print(json.dumps(audit()))
