"""Everything about one connection: its limits to edit, its last thirty days, its calls and what was done to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from accounts.activity_words import line_of
from accounts.services import activity
from linkflow.cards import Card, cards_of, provider_name
from linkflow.serializers import limits_of
from linkflow.services.connections import visible_to
from relay.core.errors import InvalidRequest, NotFound
from relay.core.money import dollars
from relay.core.times import Moment
from usage import history, overview
from usage.charts import spend_chart
from usage.meters import Meter, meter_of
from usage.models import LedgerEntry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from accounts.models import User
    from linkflow.models import Connection
    from relay.core.charts import Chart

ACTIVITY_SHOWN: Final = 20
_BY: Final = {"provider": "By provider", "model": "By model"}
_KNOWN: Final = {
    LedgerEntry.PROVIDER_COST: "Cost as billed by the provider",
    LedgerEntry.PROVIDER_USAGE: "Tokens as counted by the provider",
    LedgerEntry.ESTIMATED: "Estimated: the provider did not say",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call in the history, never its content."""

    at: Moment
    provider: str
    model: str
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    cost: str
    failed: bool
    status: str
    error_code: str
    known: str
    took: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done to the connection."""

    at: Moment
    what: str
    detail: str
    device: str


@dataclass(frozen=True, slots=True)
class Fields:
    """The limits as text to edit; empty is no limit."""

    budget: str
    daily: str
    requests_per_minute: str
    concurrency: str
    models: str
    expires_on: str
    allow_unpriced: bool

    @classmethod
    def of(cls, connection: Connection) -> Fields:
        """The limits a connection has now."""
        return cls(
            budget=_amount(connection.budget_cents),
            daily=_amount(connection.daily_cents),
            requests_per_minute=_text(connection.requests_per_minute),
            concurrency=_text(connection.concurrency),
            models="\n".join(connection.allowed_models or []),
            expires_on=f"{connection.expires_at:%Y-%m-%d}" if connection.expires_at else "",
            allow_unpriced=connection.allow_unpriced,
        )


@dataclass(frozen=True, slots=True)
class Detail:
    """The page's content."""

    card: Card
    terms: dict[str, Any]
    fields: Fields
    day: Meter | None
    spent: str
    requests: int
    errors: int
    chart: Chart | None
    tabs: list[dict[str, Any]]
    calls: list[Call]
    errors_only: bool
    newer: str
    older: str
    deeds: list[Deed]


def detail(user: User, connection_id: str, asked: Mapping[str, str], now: datetime) -> Detail:
    """One connection by `?by=&errors=&before=&after=`. Raises NotFound, also for somebody else's. Twelve queries."""
    connection = visible_to(user).filter(pk=connection_id, trial=False).first() if "\0" not in connection_id else None
    cards = cards_of([connection], now) if connection else []
    if connection is None or not cards:
        raise NotFound
    by = asked["by"] if asked.get("by") in _BY else "provider"
    errors_only = asked.get("errors") == "1"
    address, kept = f"/connections/{connection.pk}", {"errors": "1"} if errors_only else {}
    spend = overview.last_days(user.pk, connection.pk, now)
    by_day = {provider_name(key) if by == "provider" else key or "No model": days for key, days in spend.by_day(by).items()}
    calls = _calls(user, connection.pk, asked, errors_only=errors_only)
    day = overview.today(connection.pk, now)
    return Detail(
        card=cards[0],
        terms={"budgetCents": connection.budget_cents, **limits_of(connection)},
        fields=Fields.of(connection),
        day=meter_of(day) if day else None,
        spent=dollars(spend.totals.cost_nanos),
        requests=spend.totals.requests,
        errors=spend.totals.errors,
        chart=spend_chart(spend.days, by_day) if spend.totals.requests else None,
        tabs=[{"href": f"{address}?{urlencode({'by': name})}#spend", "title": title, "here": name == by} for name, title in _BY.items()],
        calls=[call_of(entry, now) for entry in calls.entries],
        errors_only=errors_only,
        newer=f"{address}{_beside('after', calls.newer, kept)}" if calls.newer else "",
        older=f"{address}{_beside('before', calls.older, kept)}" if calls.older else "",
        deeds=_deeds(user, connection.pk, now),
    )


def call_of(entry: LedgerEntry, now: datetime) -> Call:
    """A ledger entry in words."""
    failed = bool(entry.error_code) or (entry.http_status or 0) >= 400
    return Call(
        at=Moment.of(entry.admitted_at, now),
        provider=provider_name(entry.provider),
        model=entry.model,
        input_tokens=entry.input_tokens,
        cached_input_tokens=entry.cached_input_tokens,
        output_tokens=entry.output_tokens,
        cost=dollars(entry.cost_nanos),
        failed=failed,
        status=str(entry.http_status) if entry.http_status is not None else "No answer",
        error_code=entry.error_code,
        known=_KNOWN.get(entry.usage_source, entry.usage_source),
        took=_took(entry.latency_ms),
        request_id=entry.request_id,
    )


def _amount(cents: int | None) -> str:
    return "" if cents is None else f"{cents // 100}.{cents % 100:02d}"


def _took(milliseconds: int | None) -> str:
    if milliseconds is None:
        return ""
    return f"{milliseconds} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def _text(number: int | None) -> str:
    return "" if number is None else str(number)


def _calls(user: User, connection_id: str, asked: Mapping[str, str], *, errors_only: bool) -> history.Calls:
    before, after = asked.get("before", ""), asked.get("after", "")
    try:
        return history.calls_of(user.pk, connection_id, before=before, after=after, errors_only=errors_only)
    except InvalidRequest:  # an address that somebody cut short shows the newest calls
        return history.calls_of(user.pk, connection_id, errors_only=errors_only)


def _beside(side: str, cursor: str, kept: dict[str, str]) -> str:
    return f"?{urlencode({side: cursor, **kept})}#calls"


def _deeds(user: User, connection_id: str, now: datetime) -> list[Deed]:
    rows = activity.of(user).filter(subject_id=connection_id)[:ACTIVITY_SHOWN]
    return [Deed(Moment.of(line.at, now), line.sentence, line.detail, line.device) for line in map(line_of, rows)]
