"""Shapes of what Link and connections take and answer; camelCase lives here."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

from django.conf import settings
from rest_framework import serializers

from linkflow.models import Connection, LinkSession
from relay.core.errors import UnsupportedProvider
from relay.core.fields import (
    AbsoluteUrlField,
    BlobField,
    BytesField,
    IdField,
    NewTokenHashField,
    ProviderField,
    TextField,
    WholeNumberField,
    YesNoField,
)
from relay.core.money import micros_up
from relay.core.times import rfc3339
from relay.providers import registry

if TYPE_CHECKING:
    from datetime import datetime

    from usage.services import Balance

MOST_CENTS = 100_000_000
_LIMIT_NAMES = {
    "daily_cents": "dailyCents",
    "requests_per_minute": "requestsPerMinute",
    "concurrency": "concurrency",
    "allowed_models": "models",
    "expires_at": "expiresAt",
    "allow_unpriced": "allowUnpriced",
}


class CentsField(WholeNumberField):
    """A budget: whole cents, one cent to a million dollars."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=MOST_CENTS, **options)


class MomentField(serializers.DateTimeField):
    """An RFC 3339 time with its zone."""

    def to_internal_value(self, value: Any) -> datetime:
        """The aware time; a time without zone, a number or a date is refused."""
        if not isinstance(value, str) or not value.endswith(("Z", "+00:00")):
            raise serializers.ValidationError("Must be an RFC 3339 time in UTC, such as 2026-11-23T04:56:01Z.")
        return super().to_internal_value(value)


class LimitsBody(serializers.Serializer[Any]):
    """`limits` of api.md; null lifts a limit."""

    dailyCents = CentsField(required=False, allow_null=True, source="daily_cents")
    requestsPerMinute = WholeNumberField(min_value=1, max_value=100_000, required=False, allow_null=True, source="requests_per_minute")
    concurrency = WholeNumberField(min_value=1, max_value=10_000, required=False, allow_null=True)
    models = serializers.ListField(
        child=TextField(max_length=200), min_length=1, max_length=200, required=False, allow_null=True, source="allowed_models"
    )
    expiresAt = MomentField(required=False, allow_null=True, source="expires_at")
    allowUnpriced = YesNoField(required=False, allow_null=True, source="allow_unpriced")


class SealBody(serializers.Serializer[Any]):
    """One provider's sealed key."""

    provider = ProviderField()
    sealedKey = BlobField(smallest=8, largest=512)


class SealsField(serializers.ListField):
    """A list of sealed keys, one a provider; answers {provider: blob}."""

    child = SealBody()

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=50, **options)

    def to_internal_value(self, data: Any) -> Any:
        """The seals by provider."""
        seals = super().to_internal_value(data)
        by_provider = {seal["provider"]: seal["sealedKey"] for seal in seals}
        if len(by_provider) != len(seals):
            raise serializers.ValidationError("Names a provider twice.")
        return by_provider


class LinkSessionBody(serializers.Serializer[Any]):
    """POST /v1/link/sessions."""

    requestedProviders = serializers.ListField(child=ProviderField(), min_length=1, max_length=50, source="requested_providers")
    budgetSuggestionCents = CentsField(required=False, source="budget_suggestion_cents")
    limits = LimitsBody(required=False)
    clientUserId = TextField(max_length=255, required=False, trim_whitespace=False, source="client_user_id")
    redirectUri = AbsoluteUrlField(required=False, source="redirect_uri")
    responseMode = serializers.ChoiceField(["fragment", "query"], required=False, source="response_mode")
    state = TextField(max_length=512, required=False, trim_whitespace=False)
    connectionId = IdField("con", required=False, source="connection_id")

    def validate_requestedProviders(self, value: list[str]) -> list[str]:  # noqa: N802 (REST framework's naming)
        """Known providers, each once."""
        if len(set(value)) != len(value):
            raise serializers.ValidationError("Names a provider twice.")
        check_known(value)
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Suggested limits are kept as they will be shown."""
        if "limits" in attrs:
            attrs["limits"] = present_limits(attrs["limits"])
        return attrs


class AuthorizeBody(serializers.Serializer[Any]):
    """POST /v1/link/authorize."""

    linkToken = TextField(max_length=100)
    publicTokenHash = NewTokenHashField()
    grantedKey = BlobField(smallest=32, largest=32)
    ownerGrant = BlobField(smallest=32, largest=4096)
    sealedKeys = SealsField(min_length=1)
    budgetCents = CentsField()
    limits = LimitsBody(required=False)


class TermsAndSealsBody(serializers.Serializer[Any]):
    """What both ways to change a connection take."""

    budgetCents = CentsField(required=False)
    limits = LimitsBody(required=False)
    sealedKeys = SealsField(required=False)
    ownerGrant = BlobField(smallest=32, largest=4096, required=False)
    removeProviders = serializers.ListField(child=ProviderField(), max_length=50, required=False)


class ChangeBody(TermsAndSealsBody):
    """PATCH /v1/connections/:id."""

    status = serializers.ChoiceField([Connection.ACTIVE, Connection.PAUSED], required=False)


class AuthorizeUpdateBody(TermsAndSealsBody):
    """POST /v1/link/authorize in update mode."""

    linkToken = TextField(max_length=100)
    connectionId = IdField("con")


class ExchangeBody(serializers.Serializer[Any]):
    """POST /v1/link/exchange."""

    publicToken = TextField(max_length=100)
    clientUserId = TextField(max_length=255, required=False, trim_whitespace=False)


@functools.cache
def _names(of: str) -> list[str]:
    """The names of the events or exit statuses of spec/link_events.json."""
    raw = (settings.BASE_DIR / "spec" / "link_events.json").read_bytes()
    return [named["name"] for named in json.loads(raw)[of]]


def event_names() -> list[str]:
    """The names of the events of spec/link_events.json."""
    return _names("events")


class EventBody(serializers.Serializer[Any]):
    """POST /v1/link/session/events."""

    name = TextField(max_length=40)
    exitStatus = TextField(max_length=24, required=False, source="exit_status")

    def validate_name(self, value: str) -> str:
        """A name of spec/link_events.json."""
        if value not in event_names():
            raise serializers.ValidationError("Is not an event of spec/link_events.json.")
        return value

    def validate_exitStatus(self, value: str) -> str:  # noqa: N802 (REST framework's naming)
        """An exit status of spec/link_events.json."""
        if value not in _names("exitStatuses"):
            raise serializers.ValidationError("Is not an exit status of spec/link_events.json.")
        return value


class PersonalBody(serializers.Serializer[Any]):
    """POST /v1/connections."""

    id = IdField("con")
    name = TextField(max_length=80)
    accessTokenHash = NewTokenHashField()
    heldKey = BlobField(smallest=32, largest=32)
    ownerGrant = BlobField(smallest=32, largest=4096)
    sealedKeys = SealsField(min_length=1)
    budgetCents = CentsField()
    limits = LimitsBody(required=False)
    trial = YesNoField(required=False)


class DeleteAccountBody(serializers.Serializer[Any]):
    """DELETE /v1/auth/account."""

    challenge = TextField(max_length=64)
    deleteProof = BytesField(length=64)


def check_known(providers: Any) -> None:
    """Raises UnsupportedProvider for an id that spec/providers.json does not have."""
    for provider in providers:
        if registry.provider(provider) is None:
            raise UnsupportedProvider(details={"provider": provider})


def present_limits(columns: dict[str, Any]) -> dict[str, Any]:
    """`limits` with the bounds that are set."""
    shown = {_LIMIT_NAMES[name]: value for name, value in columns.items() if value is not None and value is not False}
    if "expiresAt" in shown:
        shown["expiresAt"] = rfc3339(shown["expiresAt"])
    return shown


def limits_of(connection: Connection) -> dict[str, Any]:
    """`limits` of a connection."""
    return present_limits({name: getattr(connection, name) for name in _LIMIT_NAMES})


def present_link_session(session: LinkSession, now: datetime) -> dict[str, Any]:
    """What the Link pages show."""
    app = {
        "name": session.app.name,
        "clientId": session.app.client_id,
        "verified": session.verified,
        "testMode": session.app.test_mode,
    }
    if session.app.website_url:
        app["websiteUrl"] = session.app.website_url
    redirect = {"uri": session.redirect_uri, "responseMode": session.response_mode, "state": session.state or None}
    return {
        "id": session.pk,
        "app": app,
        "origins": session.allowed_origins,
        "requestedProviders": session.requested_providers,
        "budgetSuggestionCents": session.budget_suggestion_cents,
        "limits": session.limits,
        "connectionId": session.connection_id,
        "update": session.is_update,
        "redirect": redirect if session.redirect_uri else None,
        "expiresAt": rfc3339(session.expires_at),
        "status": session.status_at(now),
    }


def present_outcome(session: LinkSession, now: datetime) -> dict[str, Any]:
    """What the app's server may know of a link session; never the token."""
    status = session.status_at(now)
    outcome: dict[str, Any] = {
        "id": session.pk,
        "status": status,
        "events": [{"name": event.name, "at": rfc3339(event.at)} for event in session.events.order_by("id")],
    }
    if status in {LinkSession.AUTHORIZED, LinkSession.EXCHANGED}:
        outcome["connectionId"] = session.connection_id
    return outcome


def present_connection(
    connection: Connection, balance: Balance, last_used_at: datetime | None, now: datetime, *, to_owner: bool
) -> dict[str, Any]:
    """A connection as its user (`to_owner`) or its app sees it. Seals must be prefetched."""
    seals = sorted(connection.sealed_keys.all(), key=lambda seal: seal.provider)
    app = connection.app
    item: dict[str, Any] = {
        "id": connection.pk,
        "app": {"name": app.name, "clientId": app.client_id} if app else None,
        "personal": connection.personal,
        "status": connection.status_at(now),
        "needsAttention": _attention(seals),
        "providers": [seal.provider for seal in seals],
        "budgetCents": connection.budget_cents,
        "limits": limits_of(connection),
        "spentMicros": micros_up(balance.spent_nanos),
        "heldMicros": micros_up(balance.held_nanos),
        "period": {"start": rfc3339(balance.period_start), "end": rfc3339(balance.period_end)},
        "createdAt": rfc3339(connection.created_at),
        "lastUsedAt": rfc3339(last_used_at),
    }
    if connection.name:
        item["name"] = connection.name
    if connection.client_user_id:
        item["clientUserId"] = connection.client_user_id
    if to_owner:
        item["ownerGrant"] = connection.owner_grant or None
    return item


def _attention(seals: list[Any]) -> dict[str, Any] | None:
    for seal in seals:
        if seal.attention_code:
            return {"code": seal.attention_code, "provider": seal.provider, "since": rfc3339(seal.attention_at)}
    return None
