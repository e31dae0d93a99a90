"""The person's own sealed note of what each connection was approved for. Source: the protocol text, "Connections"."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from onerelay.user.crypto.connections import PERSONAL, OwnerGrant, open_owner_grant, seal_key, seal_owner_grant
from onerelay.user.crypto.errors import CryptoError
from onerelay.user.errors import DeviceError, RelayError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from onerelay.user.api import Json
    from onerelay.user.connections import Connections

NoteRefusal = Literal["tampered", "other_client"]
CHANGEABLE = frozenset({"active", "paused"})


@dataclass(frozen=True, slots=True, repr=False)
class Note:
    """A note that holds, or why it does not."""

    grant: OwnerGrant | None
    refused: NoteRefusal | None


def read_note(vault_key: bytes, connection: Json) -> Note:
    """The note of a connection, refused unless it opens and was written for the very app the relay names."""
    try:
        grant = open_owner_grant(vault_key, connection["id"], connection.get("ownerGrant") or "")
    except CryptoError:
        return Note(None, "tampered")
    client_id = connection["app"]["clientId"] if connection.get("app") else PERSONAL
    return Note(grant, None) if grant.client_id == client_id else Note(None, "other_client")


def changeable_note(vault_key: bytes, connection: Json) -> OwnerGrant:
    """The note of a connection that can be changed. Raises DeviceError not_usable, tampered."""
    if connection["status"] not in CHANGEABLE:
        raise DeviceError("not_usable")
    grant = read_note(vault_key, connection).grant
    if grant is None:
        raise DeviceError("tampered")
    return grant


def seals_for(vault_key: bytes, connection_id: str, grant: OwnerGrant, keys: Mapping[str, str]) -> Json:
    """`sealedKeys` of further providers (keys by provider), and the `ownerGrant` that names them: old ∪ added."""
    sealed = [
        {"provider": provider, "sealedKey": seal_key(grant.connection_key, connection_id, provider, api_key)}
        for provider, api_key in keys.items()
    ]
    named = replace(grant, providers=_joined(grant.providers, tuple(keys)))
    return {"sealedKeys": sealed, "ownerGrant": seal_owner_grant(vault_key, connection_id, named)}


def tidy_notes(vault_key: bytes, connections: Connections) -> None:
    """Make every note name no more than its connection has, so that no later replacement gives it more."""
    for connection in connections.list():
        if connection["status"] not in CHANGEABLE:
            continue
        grant = read_note(vault_key, connection).grant
        if grant is None or set(grant.providers) <= set(connection["providers"]):
            continue
        kept = tuple(provider for provider in grant.providers if provider in connection["providers"])
        note = seal_owner_grant(vault_key, connection["id"], replace(grant, providers=kept))
        try:
            connections.change(connection["id"], ownerGrant=note)
        except RelayError as error:
            # Revoked meanwhile: there is no note any more.
            if error.status not in {404, 409}:
                raise


def _joined(old: Sequence[str], added: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*old, *added]))
