"""A connection as its owner sees it, in words; for lists and for its own page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from linkflow.models import Connection
from relay.core.money import NANOS_PER_CENT, dollars
from relay.core.times import Moment
from relay.providers import registry
from usage import services as usage
from usage.meters import Meter, meter_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from usage.services import Balance

STATUS_WORDS = {
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
class Provider:
    """One provider that a connection may use, and why it can't if that is so."""

    id: str
    name: str
    trouble: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One connection with its month."""

    id: str
    name: str
    personal: bool
    website_host: str
    status: str
    status_label: str
    status_class: str
    providers: list[Provider]
    created: Moment
    last_used: Moment | None
    budget_cents: int
    meter: Meter
    period_name: str
    limits: list[str]

    @property
    def attention(self) -> Provider | None:
        """The first provider whose key can't be used."""
        return next((provider for provider in self.providers if provider.trouble), None)

    @property
    def is_live(self) -> bool:
        """Whether it may still be used, or may be again."""
        return self.status in Connection.LIVE


def cards_of(connections: Sequence[Connection], now: datetime) -> list[Card]:
    """The cards of connections whose `sealed_keys` and `app` are loaded. Three queries."""
    ids = [connection.pk for connection in connections]
    balances, used = usage.balances(ids, now), usage.last_used_at(ids)
    return [card_of(row, balances[row.pk], used.get(row.pk), now) for row in connections if row.pk in balances]


def card_of(connection: Connection, balance: Balance, last_used_at: datetime | None, now: datetime) -> Card:
    """What a page shows of a connection whose `sealed_keys` and `app` are loaded."""
    status = connection.status_at(now)
    label, chip = STATUS_WORDS[status]
    seals = sorted(connection.sealed_keys.all(), key=lambda seal: seal.provider)
    return Card(
        id=connection.pk,
        name=name_of(connection),
        personal=connection.personal,
        website_host=urlsplit(connection.app.website_url).hostname or "" if connection.app else "",
        status=status,
        status_label=label,
        status_class=chip,
        providers=[provider_of(seal.provider, seal.attention_code) for seal in seals],
        created=Moment.of(connection.created_at, now),
        last_used=Moment.of(last_used_at, now) if last_used_at else None,
        budget_cents=connection.budget_cents,
        meter=meter_of(balance),
        period_name=f"{balance.period_start:%B %Y}",
        limits=limits_in_words(connection),
    )


def name_of(connection: Connection) -> str:
    """The app's name, or the name the user gave a tool of their own."""
    return connection.app.name if connection.app else connection.name


def provider_name(provider: str) -> str:
    """A provider's display name; its id where this relay no longer knows it."""
    known = registry.provider(provider)
    return known.name if known else provider


def provider_of(provider: str, attention_code: str | None = None) -> Provider:
    """A provider by its name, with what is wrong with its key."""
    name = provider_name(provider)
    if attention_code is None:
        return Provider(provider, name)
    what, advice = _TROUBLES.get(attention_code, _OTHER_TROUBLE)
    return Provider(provider, name, what.format(name=name), advice.format(name=name))


def _calls(count: int) -> str:
    return "1 call" if count == 1 else f"{count:,} calls"


def limits_in_words(connection: Connection) -> list[str]:
    """The finer limits that are set, each as a few words."""
    words = []
    if connection.daily_cents is not None:
        words.append(f"At most {dollars(connection.daily_cents * NANOS_PER_CENT)} a day")
    if connection.requests_per_minute is not None:
        words.append(f"{_calls(connection.requests_per_minute)} a minute")
    if connection.concurrency is not None:
        words.append(f"{_calls(connection.concurrency)} at once")
    if connection.allowed_models is not None:
        words.append("Only " + ", ".join(connection.allowed_models))
    if connection.expires_at is not None:
        words.append(f"Until {connection.expires_at:%-d %b %Y}")
    return words
