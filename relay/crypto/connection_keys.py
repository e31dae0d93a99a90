"""The server's side of a connection: from a presented token to the connection key to one provider key.

Source: protocol.md, "Connections".
"""

from functools import lru_cache

from relay.crypto import labels
from relay.crypto.aead import check_key, derive, open_blob, open_key, seal
from relay.crypto.encoding import check_id, check_provider, check_provider_key, join_parts
from relay.crypto.errors import BadEncoding
from relay.crypto.tokens import check_token


def open_granted_key(public_token: str, connection_id: str, granted_key: str) -> bytes:
    """Answer the connection key (32 bytes) that the user's browser sealed to a public token.

    Raises: BadToken, BadEncoding, CannotOpen.
    """
    return open_key(token_key(public_token, labels.PUBLIC_TOKEN), connection_aad(connection_id), granted_key)


def open_held_key(access_token: str, connection_id: str, held_key: str) -> bytes:
    """Answer the connection key (32 bytes) that is held for the bearer of an access token.

    Raises: BadToken, BadEncoding, CannotOpen.
    """
    return open_key(token_key(access_token, labels.ACCESS_TOKEN), connection_aad(connection_id), held_key)


def seal_held_key(access_token: str, connection_id: str, connection_key: bytes) -> str:
    """Answer the connection key sealed to an access token, to be stored.

    The server does it at exchange, the device for a personal connection.
    Raises: BadToken, BadEncoding.
    """
    return seal(token_key(access_token, labels.ACCESS_TOKEN), connection_aad(connection_id), check_key(connection_key))


def open_sealed_key(connection_key: bytes, connection_id: str, provider: str, sealed_key: str) -> str:
    """Answer the provider key of one provider.

    Raises: BadEncoding (also when what opens is no valid provider key), CannotOpen.
    """
    raw = open_blob(connection_key, sealed_key_aad(connection_id, provider), sealed_key)
    if not raw.isascii():
        raise BadEncoding("not a provider key")
    return check_provider_key(raw.decode("ascii"))


@lru_cache(maxsize=4096)
def connection_aad(connection_id: str) -> bytes:
    """Answer what binds a granted or held key to its connection."""
    return join_parts(labels.CONNECTION_KEY, check_id(connection_id))


@lru_cache(maxsize=4096)
def sealed_key_aad(connection_id: str, provider: str) -> bytes:
    """Answer what binds a sealed key to its connection and provider."""
    return join_parts(labels.SEALED_KEY, check_id(connection_id), check_provider(provider))


def token_key(token: str, info: str) -> bytes:
    """Answer the key (32 bytes) that a token stands for under a label; BadToken if it is none."""
    return derive(check_token(token).encode("ascii"), info)
