"""The vault key, the items under it, and the recovery key that opens it. Source: the protocol text, "Vault".

Every `open_…` raises BadEncoding or CannotOpen.
"""

import re
import secrets
import string
from collections.abc import Mapping
from typing import Any, Final

from onerelay.user.crypto import labels
from onerelay.user.crypto.aead import KEY_BYTES, check_key, derive, open_blob, open_key, seal
from onerelay.user.crypto.encoding import check_provider, check_provider_key, join_parts, read_json_object, write_json
from onerelay.user.crypto.errors import BadEncoding

RECOVERY_KEY_BYTES: Final = 20
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RECOVERY_KEY = re.compile(f"[{_CROCKFORD}]{{32}}")
_READ_AS = {
    **str.maketrans(string.ascii_lowercase, string.ascii_uppercase),
    **str.maketrans("oOiIlL", "001111", string.whitespace + "-"),
}
_VAULT_KEY_AAD = labels.VAULT_KEY.encode()
_RECOVERY_AAD = labels.RECOVERY_VAULT_KEY.encode()


def new_vault_key() -> bytes:
    """Make the vault key of a new account: 32 random bytes."""
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


def open_vault_item(vault_key: bytes, provider: str, vault_item: object) -> dict[str, Any]:
    """Answer the object inside `vaultItem`, with all its members."""
    return _check_item(read_json_object(open_blob(_item_key(vault_key), _item_aad(provider), vault_item)))


def new_recovery_key() -> bytes:
    """Make a recovery key: 20 random bytes, shown once."""
    return secrets.token_bytes(RECOVERY_KEY_BYTES)


def write_recovery_key(recovery_key: bytes) -> str:
    """Write a recovery key for a person: Crockford base32, eight groups of four joined by `-`."""
    number = int.from_bytes(_check_recovery_key(recovery_key), "big")
    symbols = "".join(_CROCKFORD[number >> shift & 31] for shift in range(155, -1, -5))
    return "-".join(symbols[start : start + 4] for start in range(0, 32, 4))


def read_recovery_key(text: str) -> bytes:
    """Read a recovery key as a person may have typed it. Raises BadEncoding unless exactly 32 symbols remain; U is none."""
    symbols = text.translate(_READ_AS)
    if not _RECOVERY_KEY.fullmatch(symbols):
        raise BadEncoding("not a recovery key")
    number = 0
    for symbol in symbols:
        number = number << 5 | _CROCKFORD.index(symbol)
    return number.to_bytes(RECOVERY_KEY_BYTES, "big")


def recovery_seed_of(recovery_key: bytes) -> bytes:
    """Answer the Ed25519 seed (32 bytes) of a recovery key."""
    return derive(_check_recovery_key(recovery_key), labels.RECOVERY_LOGIN)


def wrap_for_recovery(recovery_key: bytes, vault_key: bytes) -> str:
    """Answer `recoveryVaultKey`."""
    return seal(_recovery_wrap_key(recovery_key), _RECOVERY_AAD, check_key(vault_key))


def open_recovery_vault_key(recovery_key: bytes, recovery_vault_key: str) -> bytes:
    """Answer the vault key from `recoveryVaultKey`."""
    return open_key(_recovery_wrap_key(recovery_key), _RECOVERY_AAD, recovery_vault_key)


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
