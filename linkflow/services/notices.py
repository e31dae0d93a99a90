"""What the relay finds by itself and tells a connection's owner: budgets nearly or wholly used, keys that providers refuse.

The findings are facts, found elsewhere or here without a side effect; each is written down once, as an activity, which mails.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.models import User
from accounts.services import activity
from linkflow.cards import name_of, provider_name, provider_of
from linkflow.models import Connection, SealedKey
from linkflow.services import news
from relay.core.money import dollars
from usage import notices

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet


@dataclass(frozen=True, slots=True)
class FailingKey:
    """A person's key of a provider that calls could not be made with; `code` says why (SealedKey.attention_code)."""

    user_id: str
    provider: str
    code: str


def tell_of_budgets(now: datetime) -> int:
    """Write down each threshold that a budget or cap reached; answers how many were told. Safe to repeat and to run twice."""
    return sum(_tell_of_budget(found, now) for found in notices.crossed(now))


@transaction.atomic
def _tell_of_budget(found: notices.Crossed, now: datetime) -> bool:
    user = _locked(found.user_id)
    noted = notices.note(found, now)
    if user is None or noted is None:
        return False
    name, connection = "", None
    if not noted.is_cap:
        connection = Connection.objects.select_related("app").filter(pk=noted.subject_id, trial=False).first()
        if connection is None or connection.status_at(now) not in Connection.LIVE:
            return False
        name = name_of(connection)
    kind = "budget_exhausted" if noted.percent == notices.USED_UP else "budget_threshold"
    detail = f"{dollars(noted.spent_nanos)} of {dollars(noted.limit_nanos)} in {noted.starts_on:%B}"
    activity.record(user, kind, now, subject=name, subject_id="" if noted.is_cap else noted.subject_id, detail=detail)
    if connection is not None:
        news.budget_reached(connection, noted.percent, now)
    return True


def tell_of_new_months(now: datetime) -> int:
    """Tell apps of budgets that began anew after they had reached a threshold; answers how many. Safe to repeat and to run twice."""
    return sum(_tell_of_new_month(subject_id, now) for subject_id in notices.restarted(now))


@transaction.atomic
def _tell_of_new_month(subject_id: str, now: datetime) -> bool:
    connection = Connection.objects.select_for_update(of=("self",)).filter(pk=subject_id).first()
    if not notices.note_restart(subject_id, now):
        return False
    if connection is None or connection.status_at(now) not in {Connection.ACTIVE, Connection.PAUSED}:  # or a person's own cap
        return False
    news.budget_reset(connection, now)
    return True


def failing_keys() -> list[FailingKey]:
    """The keys that somebody's calls failed with and that nobody was told of; once each, however many connections have it."""
    rows = _failing().filter(attention_told_at__isnull=True)
    columns = ("connection__user_id", "provider", "attention_code")
    return [FailingKey(user_id, provider, code or "") for user_id, provider, code in rows.values_list(*columns).distinct()]


def tell_of_failing_keys(now: datetime) -> int:
    """Write down each key that began to fail; answers how many were told. Safe to repeat and to run twice."""
    return sum(_tell_of_key(found, now) for found in failing_keys())


@transaction.atomic
def _tell_of_key(found: FailingKey, now: datetime) -> bool:
    # Connections that have the same key fail one after another: the person's row makes the second finder wait and see.
    user = _locked(found.user_id)
    seals = _failing().filter(connection__user_id=found.user_id, provider=found.provider, attention_code=found.code)
    was_told = seals.filter(attention_told_at__isnull=False).exists()
    rows = seals.filter(attention_told_at__isnull=True).select_related("connection__app").order_by("connection")
    untold = list(rows.select_for_update(of=("self",)))
    SealedKey.objects.filter(pk__in=[seal.pk for seal in untold]).update(attention_told_at=now)
    for seal in untold:
        news.needs_attention(seal.connection, found.provider, found.code, now)
    if user is None or was_told or not untold:
        return False
    why = provider_of(found.provider, found.code).trouble
    activity.record(user, "key_failing", now, subject=provider_name(found.provider), detail=why)
    return True


def _failing() -> QuerySet[SealedKey]:
    return SealedKey.objects.filter(attention_at__isnull=False, connection__trial=False)


def _locked(user_id: str) -> User | None:
    """The person, before anything of theirs: what else locks both takes them in this order."""
    return User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
