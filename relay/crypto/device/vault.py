"""The vault on the user's device: its key, its items, its recovery, and how it stays open between pages.

Every `open_…` raises BadEncoding or CannotOpen. Source: protocol.md, "Vault".
"""

import secrets
from collections.abc import Mapping
from typing import Any

from relay.crypto import labels
from relay.crypto.aead import KEY_BYTES, check_key, derive, open_blob, open_key, seal
from relay.crypto.encoding import (
    RECOVERY_KEY_BYTES,
    check_provider,
    check_provider_key,
    join_parts,
    read_json_object,
    write_json,
)
from relay.crypto.errors import BadEncoding

_VAULT_KEY_AAD = labels.VAULT_KEY.encode()
_RECOVERY_VAULT_KEY_AAD = labels.RECOVERY_VAULT_KEY.encode()
_SESSION_VAULT_AAD = labels.SESSION_VAULT.encode()


def new_vault_key() -> bytes:
    """Make the vault key of a new user: 32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def wrap_vault_key(wrap_key: bytes, vault_key: bytes) -> str:
    """Answer `wrappedVaultKey`."""
    return seal(wrap_key, _VAULT_KEY_AAD, check_key(vault_key))


def open_vault_key(wrap_key: bytes, wrapped_vault_key: str) -> bytes:
    """Answer the vault key from `wrappedVaultKey`."""
    return open_key(wrap_key, _VAULT_KEY_AAD, wrapped_vault_key)


def seal_vault_item(vault_key: bytes, provider: str, item: Mapping[str, Any]) -> str:
    """Answer `vaultItem` for `{"apiKey", "label", …}`; members we don't know are kept."""
    return seal(_item_key(vault_key), _item_aad(provider), write_json(_check_item(dict(item))))


def open_vault_item(vault_key: bytes, provider: str, vault_item: str) -> dict[str, Any]:
    """Answer the object inside `vaultItem`, with all its members."""
    return _check_item(read_json_object(open_blob(_item_key(vault_key), _item_aad(provider), vault_item)))


def new_recovery_key() -> bytes:
    """Make a recovery key: 20 random bytes, shown once (`encoding.write_recovery_key`)."""
    return secrets.token_bytes(RECOVERY_KEY_BYTES)


def recovery_seed_of(recovery_key: bytes) -> bytes:
    """Answer the Ed25519 seed (32 bytes) of a recovery key."""
    return derive(_check_recovery_key(recovery_key), labels.RECOVERY_LOGIN)


def wrap_for_recovery(recovery_key: bytes, vault_key: bytes) -> str:
    """Answer `recoveryVaultKey`."""
    return seal(_recovery_wrap_key(recovery_key), _RECOVERY_VAULT_KEY_AAD, check_key(vault_key))


def open_recovery_vault_key(recovery_key: bytes, recovery_vault_key: str) -> bytes:
    """Answer the vault key from `recoveryVaultKey`."""
    return open_key(_recovery_wrap_key(recovery_key), _RECOVERY_VAULT_KEY_AAD, recovery_vault_key)


def seal_session_vault(session_key: bytes, vault_key: bytes, login_seed: bytes) -> str:
    """Answer `sessionVault`: what a browser keeps to stay unlocked between pages."""
    return seal(_session_wrap_key(session_key), _SESSION_VAULT_AAD, check_key(vault_key) + check_key(login_seed))


def open_session_vault(session_key: bytes, session_vault: str) -> tuple[bytes, bytes]:
    """Answer the vault key and the login seed from `sessionVault`."""
    both = open_blob(_session_wrap_key(session_key), _SESSION_VAULT_AAD, session_vault)
    return check_key(both[:KEY_BYTES]), check_key(both[KEY_BYTES:])


def _item_key(vault_key: bytes) -> bytes:
    return derive(check_key(vault_key), labels.VAULT_ITEM)


def _item_aad(provider: str) -> bytes:
    return join_parts(labels.VAULT_ITEM, check_provider(provider))


def _check_item(item: dict[str, Any]) -> dict[str, Any]:
    check_provider_key(item.get("apiKey"))
    if not isinstance(item.get("label"), str):
        raise BadEncoding("a vault item has a label")
    return item


def _check_recovery_key(recovery_key: bytes) -> bytes:
    if len(recovery_key) != RECOVERY_KEY_BYTES:
        raise BadEncoding("a recovery key has 20 bytes")
    return recovery_key


def _recovery_wrap_key(recovery_key: bytes) -> bytes:
    return derive(_check_recovery_key(recovery_key), labels.RECOVERY_WRAP)


def _session_wrap_key(session_key: bytes) -> bytes:
    return derive(check_key(session_key), labels.SESSION)
