"""Takes a deleted account's id from what stays: the ledger and its sums. Amounts stay, whose they were does not.

What can go at once goes with the account, in its transaction, together with a note that the rest is to be done. A task does
that in small transactions. One that dies, or finds too much for one run, is followed by the next: the note is struck out in
the transaction that finds nothing left.
"""

from __future__ import annotations

from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Final

from django.db import transaction

from usage.models import Budget, BudgetNotice, Closed, Forgotten, Hold, KeyUse, LedgerEntry, Rollup, Window

if TYPE_CHECKING:
    from django.db.models import Model

BATCH: Final = 1000
MOST_SECONDS: Final = 5.0
"""Of one run: the worker has dead processes to sweep as well. The next goes on."""


@transaction.atomic
def forget_user(user_id: str, now: datetime) -> None:
    """Drop a deleted account's budgets, and note that its id is to go from the ledger; its apps' ids are not its own."""
    subjects = Budget.objects.select_for_update().filter(user_id=user_id).order_by("subject_id")
    ids = [budget.subject_id for budget in subjects]
    Window.objects.filter(subject_id__in=ids).delete()
    BudgetNotice.objects.filter(subject_id__in=ids).delete()
    KeyUse.objects.filter(user_id=user_id).delete()
    subjects.delete()
    # Calls under way: what they are settled as has no name any more.
    Hold.objects.filter(user_id=user_id).update(user_id="")
    Forgotten.objects.get_or_create(user_id=user_id, defaults={"since": now})


def forget_rows(seconds: float = MOST_SECONDS) -> int:
    """Go on with what is noted, oldest first, for so long; answers how many accounts are done. Safe to run twice."""
    ends, done = monotonic() + seconds, 0
    for user_id in list(Forgotten.objects.order_by("since").values_list("user_id", flat=True)):
        for model in (LedgerEntry, Rollup):
            while _forget_batch(model, user_id):
                if monotonic() >= ends:
                    return done
        _finish(user_id)
        done += 1
    return done


def _forget_batch(model: type[Model], user_id: str) -> int:
    rows = model._default_manager.filter(user_id=user_id)
    return rows.filter(pk__in=list(rows.values_list("pk", flat=True)[:BATCH])).update(user_id="")


@transaction.atomic
def _finish(user_id: str) -> None:
    """Strike the note out. Behind a rollup that runs: it may have read the ledger as it was before, and writes what it read."""
    list(Closed.objects.select_for_update().order_by("kind"))
    Rollup.objects.filter(user_id=user_id).update(user_id="")
    KeyUse.objects.filter(user_id=user_id).delete()
    if not LedgerEntry.objects.filter(user_id=user_id).exists():
        Forgotten.objects.filter(user_id=user_id).delete()
