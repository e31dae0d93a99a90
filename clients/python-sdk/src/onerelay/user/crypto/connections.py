"""What a device seals when its owner approves an app, or makes a personal connection.

Source: the protocol text, "Connections".
"""

import secrets
from dataclasses import dataclass
from typing import Any, Final

from onerelay.user.crypto import labels
from onerelay.user.crypto.aead import KEY_BYTES, check_key, derive, open_blob, seal
from onerelay.user.crypto.encoding import (
    b64u_decode,
    b64u_encode,
    check_client_id,
    check_id,
    check_provider,
    check_provider_key,
    join_parts,
    read_json_object,
    write_json,
)
from onerelay.user.crypto.errors import BadEncoding
from onerelay.user.crypto.tokens import check_token

PERSONAL: Final = "personal"
_MEMBERS = {"connectionKey", "clientId", "providers"}


@dataclass(frozen=True, slots=True, repr=False)
class OwnerGrant:
    """The person's own note of what was approved; `client_id` is `personal` for a personal connection."""

    connection_key: bytes
    client_id: str
    providers: tuple[str, ...]


def new_connection_key() -> bytes:
    """Make the key of a new connection: 32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def seal_key(connection_key: bytes, connection_id: str, provider: str, api_key: str) -> str:
    """Answer `sealedKey`: a provider key for one provider of one connection. Raises BadEncoding."""
    aad = join_parts(labels.SEALED_KEY, check_id(connection_id), check_provider(provider))
    return seal(connection_key, aad, check_provider_key(api_key).encode("ascii"))


def seal_granted_key(public_token: str, connection_id: str, connection_key: bytes) -> str:
    """Answer `grantedKey`: the connection key for whoever exchanges the public token. Raises BadToken, BadEncoding."""
    return _seal_for(public_token, labels.PUBLIC_TOKEN, connection_id, connection_key)


def seal_held_key(access_token: str, connection_id: str, connection_key: bytes) -> str:
    """Answer `heldKey`: the connection key for every call with an access token. Raises BadToken, BadEncoding."""
    return _seal_for(access_token, labels.ACCESS_TOKEN, connection_id, connection_key)


def seal_owner_grant(vault_key: bytes, connection_id: str, grant: OwnerGrant) -> str:
    """Answer `ownerGrant`. Raises BadEncoding."""
    members = {
        "connectionKey": b64u_encode(check_key(grant.connection_key)),
        "clientId": _check_client(grant.client_id),
        "providers": [check_provider(provider) for provider in grant.providers],
    }
    return seal(_owner_key(vault_key), _owner_aad(connection_id), write_json(members))


def open_owner_grant(vault_key: bytes, connection_id: str, owner_grant: object) -> OwnerGrant:
    """Answer the note inside `ownerGrant`; it has exactly its three members. Raises BadEncoding, CannotOpen."""
    members = read_json_object(open_blob(_owner_key(vault_key), _owner_aad(connection_id), owner_grant))
    if members.keys() != _MEMBERS or not isinstance(members["providers"], list):
        raise BadEncoding("not the members of an owner grant")
    return OwnerGrant(
        connection_key=b64u_decode(members["connectionKey"], length=KEY_BYTES),
        client_id=_check_client(members["clientId"]),
        providers=tuple(check_provider(provider) for provider in members["providers"]),
    )


def _seal_for(token: str, info: str, connection_id: str, connection_key: bytes) -> str:
    key = derive(check_token(token).encode("ascii"), info)
    return seal(key, join_parts(labels.CONNECTION_KEY, check_id(connection_id)), check_key(connection_key))


def _check_client(client_id: Any) -> str:
    return PERSONAL if client_id == PERSONAL else check_client_id(client_id)


def _owner_key(vault_key: bytes) -> bytes:
    return derive(check_key(vault_key), labels.OWNER)


def _owner_aad(connection_id: str) -> bytes:
    return join_parts(labels.OWNER_GRANT, check_id(connection_id))
