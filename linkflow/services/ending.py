"""Locks for what ends with all that hangs on it: taken in the order that everybody else keeps, before anything is deleted.

A foreign key makes whoever inserts a row wait at their commit for the row it refers to. To lock an app first and then its link
sessions would therefore deadlock with an approval, which has locked its link session by then. So what refers to others is
locked first, and what it refers to last; where more has come in between, all is let go and tried again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from relay.core.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import QuerySet

_TRIES: Final = 5


class OutrunError(Exception):
    """Rows came to those that were to be locked, between the first lock and the last."""


def lock_in_order(sets: Sequence[QuerySet[Any]]) -> None:
    """Lock all rows of each set, by id. Call inside a transaction; no row that refers to the last set's can come after it.

    Raises: OutrunError.
    """
    locked = [set(rows.select_for_update().order_by("pk").values_list("pk", flat=True)) for rows in sets]
    if any(set(rows.values_list("pk", flat=True)) != known for rows, known in zip(sets, locked, strict=True)):
        raise OutrunError


def until_alone(end: Callable[[], None]) -> None:
    """Run `end` in a transaction, anew where it was outrun. Raises Conflict where that happens every time."""
    for _ in range(_TRIES):
        try:
            with transaction.atomic():
                end()
        except OutrunError:
            continue
        return
    raise Conflict("This is in use right now. Try again in a moment.")
