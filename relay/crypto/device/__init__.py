"""What a user's device does. Used by tests, the demonstration, and by the server for the sandbox's test users alone.

Source: protocol.md.
"""

from relay.crypto.connection_keys import seal_held_key
from relay.crypto.device.connections import (
    PERSONAL,
    OwnerGrant,
    new_connection_key,
    open_owner_grant,
    seal_granted_key,
    seal_key,
    seal_owner_grant,
)
from relay.crypto.device.passwords import DeviceKeys, check_new_password, derive_keys, normalise_password
from relay.crypto.device.signing import (
    public_key_of,
    sign_delete,
    sign_login,
    sign_password,
    sign_recover,
    sign_recover_read,
    sign_register,
)
from relay.crypto.device.vault import (
    new_recovery_key,
    new_vault_key,
    open_recovery_vault_key,
    open_session_vault,
    open_vault_item,
    open_vault_key,
    recovery_seed_of,
    seal_session_vault,
    seal_vault_item,
    wrap_for_recovery,
    wrap_vault_key,
)

__all__ = [
    "PERSONAL",
    "DeviceKeys",
    "OwnerGrant",
    "check_new_password",
    "derive_keys",
    "new_connection_key",
    "new_recovery_key",
    "new_vault_key",
    "normalise_password",
    "open_owner_grant",
    "open_recovery_vault_key",
    "open_session_vault",
    "open_vault_item",
    "open_vault_key",
    "public_key_of",
    "recovery_seed_of",
    "seal_granted_key",
    "seal_held_key",
    "seal_key",
    "seal_owner_grant",
    "seal_session_vault",
    "seal_vault_item",
    "sign_delete",
    "sign_login",
    "sign_password",
    "sign_recover",
    "sign_recover_read",
    "sign_register",
    "wrap_for_recovery",
    "wrap_vault_key",
]
