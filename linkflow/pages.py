"""The connections page: who may use the user's keys, what they have spent, and the way to stop them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.authentication import user_page
from accounts.pages import shell
from linkflow.models import Connection
from linkflow.services.connections import visible_to
from relay.core.money import NANOS_PER_CENT, NANOS_PER_MICRO, dollars
from relay.providers import registry
from usage import services as usage

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import UserSession

ENDED_SHOWN = 50
_WORDS = {
    Connection.PENDING: ("Waiting for the app", "chip--warn"),
    Connection.ACTIVE: ("Active", "chip--good"),
    Connection.PAUSED: ("Paused", "chip--warn"),
    Connection.REVOKED: ("Revoked", ""),
    Connection.EXPIRED: ("Expired", ""),
}
_TROUBLES = {
    "key_invalid": ("{name} refused the key.", "Replace the {name} key; this connection then gets the new one."),
    "key_quota_exhausted": ("{name} says that the key’s account has nothing left.", "Add credit there, or replace the key."),
}
_OTHER_TROUBLE = ("The {name} key could not be used.", "Replace the {name} key; this connection then gets the new one.")


@dataclass(frozen=True, slots=True)
class Attention:
    """Why a connection can't use one of its keys, in words."""

    provider_id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """One connection as its owner sees it; money as text, and as micro-dollars for the meter."""

    id: str
    name: str
    personal: bool
    website_host: str
    status: str
    status_label: str
    status_class: str
    providers: list[str]
    attention: Attention | None
    created_at: datetime
    last_used_at: datetime | None
    budget_cents: int
    limit: str
    spent: str
    held: str
    exhausted: bool
    period_name: str
    resets_on: datetime
    meter_value: int
    meter_max: int
    limits: list[str] = field(default_factory=list)

    @property
    def meter_low(self) -> int:
        """From here on the meter warns: four fifths."""
        return self.meter_max * 4 // 5

    @property
    def meter_high(self) -> int:
        """From here on the meter alarms: nineteen twentieths."""
        return self.meter_max * 19 // 20


def card_of(connection: Connection, balance: usage.Balance, last_used_at: datetime | None, now: datetime) -> Card:
    """What the page shows of a connection whose `sealed_keys` and `app` are loaded."""
    seals = sorted(connection.sealed_keys.all(), key=lambda seal: seal.provider)
    status = connection.status_at(now)
    label, chip = _WORDS[status]
    used = balance.spent_nanos + balance.held_nanos
    limit_nanos = balance.limit_nanos or 0
    return Card(
        id=connection.id,
        name=name_of(connection),
        personal=connection.personal,
        website_host=urlsplit(connection.app.website_url).hostname or "" if connection.app else "",
        status=status,
        status_label=label,
        status_class=chip,
        providers=[provider_name(seal.provider) for seal in seals],
        attention=next((attention for seal in seals if (attention := _attention(seal.provider, seal.attention_code))), None),
        created_at=connection.created_at,
        last_used_at=last_used_at,
        budget_cents=connection.budget_cents,
        limit=dollars(limit_nanos),
        spent=dollars(balance.spent_nanos),
        held=dollars(balance.held_nanos) if balance.held_nanos else "",
        exhausted=used >= limit_nanos,
        period_name=f"{balance.period_start:%B %Y}",
        resets_on=balance.period_end,
        meter_value=used // NANOS_PER_MICRO,
        meter_max=max(limit_nanos // NANOS_PER_MICRO, 1),
        limits=_limits(connection),
    )


def name_of(connection: Connection) -> str:
    """The app's name, or the name the user gave a tool of their own."""
    return connection.app.name if connection.app else connection.name


def provider_name(provider: str) -> str:
    """A provider's display name; its id where this relay no longer knows it."""
    known = registry.provider(provider)
    return known.name if known else provider


def _attention(provider: str, code: str | None) -> Attention | None:
    if code is None:
        return None
    name = provider_name(provider)
    what, advice = _TROUBLES.get(code, _OTHER_TROUBLE)
    return Attention(provider, what.format(name=name), advice.format(name=name))


def _limits(connection: Connection) -> list[str]:
    words = []
    if connection.daily_cents is not None:
        words.append(f"At most {dollars(connection.daily_cents * NANOS_PER_CENT)} a day")
    if connection.requests_per_minute is not None:
        words.append(f"{connection.requests_per_minute} calls a minute")
    if connection.concurrency is not None:
        words.append(f"{connection.concurrency} calls at once")
    if connection.allowed_models is not None:
        words.append("Only " + ", ".join(connection.allowed_models))
    if connection.expires_at is not None:
        words.append(f"Until {connection.expires_at:%-d %b %Y}")
    return words


@require_safe
@user_page
def connections(request: HttpRequest, session: UserSession) -> HttpResponse:
    """The user's connections, live ones as cards with their budgets, ended ones as a list."""
    now = timezone.now()
    listed = list(visible_to(session.user).filter(trial=False).order_by("-created_at"))
    balances = usage.balances([connection.id for connection in listed], now)
    used = usage.last_used_at([connection.id for connection in listed])
    cards = [card_of(row, balances[row.id], used.get(row.id), now) for row in listed if row.id in balances]
    context = {
        **shell(request, session, "connections"),
        "live": [card for card in cards if card.status in Connection.LIVE],
        "ended": [card for card in cards if card.status not in Connection.LIVE][:ENDED_SHOWN],
    }
    return render(request, "linkflow/connections.html", context)


urlpatterns = [path("connections", connections)]
