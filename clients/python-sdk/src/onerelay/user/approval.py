"""What is sealed when a person approves an app's request. Source: the protocol text, "Connections"; the API reference, "Link"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from onerelay.user.crypto import connections as seals
from onerelay.user.crypto import tokens
from onerelay.user.errors import DeviceError, else_tampered
from onerelay.user.notes import changeable_note, seals_for

if TYPE_CHECKING:
    from onerelay.user.api import Json

Open = Callable[[list[str]], dict[str, str]]
"""Opens the vault's keys of these providers."""


@dataclass(frozen=True, slots=True, repr=False)
class LinkRequest:
    """A link session as the relay tells it, with the token it was asked by."""

    link_token: str
    id: str
    app_name: str
    client_id: str
    website: str | None
    verified: bool
    requested: tuple[str, ...]
    connection_id: str
    update: bool
    budget_suggestion_cents: int | None
    limits: Json
    redirect: Json | None
    expires_at: str
    status: str


@dataclass(frozen=True, slots=True)
class LinkChoice:
    """What the person allows. In update mode a budget of None stays as it is."""

    providers: tuple[str, ...]
    budget_cents: int | None
    limits: Json | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Approval:
    """What is sent to the relay, and the public token that only the app may see; None in update mode."""

    body: Json
    public_token: str | None


def read_request(link_token: str, session: Json) -> LinkRequest:
    """A link session from what GET /v1/link/session answered."""
    app = session["app"]
    return LinkRequest(
        link_token=link_token,
        id=session["id"],
        app_name=app["name"],
        client_id=app["clientId"],
        website=app.get("websiteUrl"),
        verified=bool(app.get("verified")),
        requested=tuple(session["requestedProviders"]),
        connection_id=session["connectionId"],
        update=bool(session["update"]),
        budget_suggestion_cents=session.get("budgetSuggestionCents"),
        limits={name: value for name, value in (session.get("limits") or {}).items() if value is not None},
        redirect=session.get("redirect"),
        expires_at=session["expiresAt"],
        status=session["status"],
    )


def approve(vault_key: bytes, request: LinkRequest, choice: LinkChoice, opened: Open) -> Approval:
    """A fresh connection key, everything sealed with it, and the public token that opens it once."""
    if not choice.providers or not set(choice.providers) <= set(request.requested):
        raise DeviceError("not_requested")
    keys, connection_id = opened(list(choice.providers)), request.connection_id
    public_token, connection_key = tokens.mint_token(tokens.PUBLIC_TOKEN), seals.new_connection_key()
    nothing_yet = seals.OwnerGrant(connection_key, request.client_id, ())
    body = {
        "linkToken": request.link_token,
        "publicTokenHash": tokens.digest_token(public_token),
        "grantedKey": else_tampered(lambda: seals.seal_granted_key(public_token, connection_id, connection_key)),
        **else_tampered(lambda: seals_for(vault_key, connection_id, nothing_yet, keys)),
        **_terms(choice),
    }
    return Approval(body, public_token)


def approve_update(vault_key: bytes, request: LinkRequest, choice: LinkChoice, opened: Open, connection: Json) -> Approval:
    """Seals for providers that are new to the connection, and for those whose key fails. Refused unless its note is this app's."""
    if not set(choice.providers) <= set(request.requested):
        raise DeviceError("not_requested")
    grant = changeable_note(vault_key, connection)
    if connection["id"] != request.connection_id or grant.client_id != request.client_id:
        raise DeviceError("tampered")
    body: Json = {"linkToken": request.link_token, "connectionId": connection["id"], **_terms(choice)}
    added = [provider for provider in choice.providers if is_sealed_anew(connection, provider)]
    if added:
        kept = replace(grant, providers=tuple(one for one in grant.providers if one in connection["providers"]))
        body |= else_tampered(lambda: seals_for(vault_key, connection["id"], kept, opened(added)))
    return Approval(body, None)


def is_sealed_anew(connection: Json, provider: str) -> bool:
    """Whether a connection lacks this provider, or its key there fails."""
    failing = (connection.get("needsAttention") or {}).get("provider")
    return provider not in connection["providers"] or provider == failing


def _terms(choice: LinkChoice) -> Json:
    terms: Json = {} if choice.budget_cents is None else {"budgetCents": choice.budget_cents}
    return terms if choice.limits is None else {**terms, "limits": choice.limits}
