"""The user's side of 1Relay, for servers, CI and terminals: register, log in, keep keys, approve, connect, revoke.

    with Account("https://relay.example") as account:
        account.log_in("ada@example.com", password)
        account.vault.add_key("openai", key, "from CI")
        account.log_out()

Passwords and keys stay in this process: what leaves it is ciphertext, hashes and signatures, as from the browser.
Needs the extra `onerelay[cli]`.
"""

from onerelay.user.access import change_password, delete_account, new_recovery_kit, recover
from onerelay.user.account import Account, Person
from onerelay.user.errors import DeviceError, RelayError, UserError
from onerelay.user.reseals import Reseal
from onerelay.user.vault import PutKey, StoredKey, UnlockedVault

__all__ = [
    "Account",
    "DeviceError",
    "Person",
    "PutKey",
    "RelayError",
    "Reseal",
    "StoredKey",
    "UnlockedVault",
    "UserError",
    "change_password",
    "delete_account",
    "new_recovery_kit",
    "recover",
]
