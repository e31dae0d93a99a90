"""The keys page. The server knows providers, dates and connections; what is inside a key is opened in the browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.formats import date_format
from django.views.decorators.http import require_safe

from accounts.authentication import user_page
from accounts.pages import shell
from linkflow.models import Connection, SealedKey
from relay.providers import registry
from relay.providers.for_pages import key_facts
from usage.services import providers_last_used_at
from vault.models import VaultItem

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User, UserSession

_TROUBLES: Final = {
    "key_invalid": ("Refused by {name}", "{name} refuses this key since {day}. Check it, or replace it with a fresh one."),
    "key_quota_exhausted": ("Out of credit at {name}", "{name} says since {day} that the account is out of credit. Add credit there."),
}
_OTHER_TROUBLE: Final = ("Needs attention", "A connection could not use this key on {day}. Replace the key to seal it anew.")


@dataclass(frozen=True, slots=True)
class AffectedConnection:
    """A connection that holds a seal of the key; `only_key` when it would be left without any."""

    name: str
    only_key: bool


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a key needs attention: the chip, and what happened since when, with what to do."""

    chip: str
    text: str


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One vault item as the server sees it."""

    provider: str
    name: str
    created_at: datetime
    updated_at: datetime
    last_used_at: datetime | None
    trouble: Trouble | None
    unconfirmed: bool
    connections: list[AffectedConnection]

    @property
    def replaced(self) -> bool:
        """Whether the key was replaced after it was added."""
        return self.updated_at > self.created_at


@require_safe
@user_page
def keys(request: HttpRequest, session: UserSession) -> HttpResponse:
    """The user's vault items with what uses them, and what the add form needs to know of providers."""
    rows = key_rows(session.user)
    taken = {row.provider for row in rows}
    providers = registry.providers()
    context = {
        **shell(request, session, "keys"),
        "keys": rows,
        "providers": providers,
        "key_facts": key_facts(),
        "addable": any(provider.id not in taken for provider in providers),
        "has_sandbox": "sandbox" in taken,
        "has_connections": any(row.connections for row in rows),
    }
    return render(request, "vault/keys.html", context)


def key_rows(user: User) -> list[KeyRow]:
    """The user's vault items by provider name, each with the connections of its re-seal set. Four queries."""
    items = VaultItem.objects.filter(user=user)
    resealable = Connection.objects.resealable().filter(user=user)
    seals = list(SealedKey.objects.filter(connection__in=resealable).select_related("connection__app").defer("connection__app__logo"))
    per_connection: dict[str, int] = {}
    for seal in seals:
        per_connection[seal.connection_id] = per_connection.get(seal.connection_id, 0) + 1
    used = providers_last_used_at(user.pk)
    rows = [
        _row(item, [seal for seal in seals if seal.provider == item.provider], per_connection, used.get(item.provider)) for item in items
    ]
    return sorted(rows, key=lambda row: row.name.lower())


def _row(item: VaultItem, seals: list[SealedKey], per_connection: dict[str, int], last_used_at: datetime | None) -> KeyRow:
    known = registry.provider(item.provider)
    name = known.name if known else item.provider
    return KeyRow(
        provider=item.provider,
        name=name,
        created_at=item.created_at,
        updated_at=item.updated_at,
        last_used_at=last_used_at,
        trouble=_trouble(name, seals),
        unconfirmed=known is not None and not known.is_confirmed,
        connections=[
            AffectedConnection(
                seal.connection.app.name if seal.connection.app else seal.connection.name,
                per_connection[seal.connection_id] == 1,
            )
            for seal in seals
        ],
    )


def _trouble(name: str, seals: list[SealedKey]) -> Trouble | None:
    """The newest trouble that any connection had with the key."""
    found = [(seal.attention_at, seal.attention_code) for seal in seals if seal.attention_code and seal.attention_at]
    if not found:
        return None
    at, code = max(found)
    chip, text = _TROUBLES.get(code, _OTHER_TROUBLE)
    said = {"name": name, "day": date_format(at, "j M Y")}
    return Trouble(chip.format(**said), text.format(**said))


urlpatterns = [path("keys", keys)]
