"""Every `info`, `aad` and message label of the protocol, once. `labels.ts` holds the same on the browser's side.

The last ones are the relay's own and never leave it. Source: protocol.md; a test compares this list with its text.
"""

# ruff: noqa: S105  (labels, not passwords)

from typing import Final

SALT: Final = "1relay/v1/salt"
LOGIN: Final = "1relay/v1/login"
WRAP: Final = "1relay/v1/wrap"

REGISTER: Final = "1relay/v1/register"
CHANGE_PASSWORD: Final = "1relay/v1/change-password"
RECOVER_READ: Final = "1relay/v1/recover-read"
RECOVER: Final = "1relay/v1/recover"
DELETE_ACCOUNT: Final = "1relay/v1/delete-account"

VAULT_KEY: Final = "1relay/v1/vault-key"
VAULT_ITEM: Final = "1relay/v1/vault-item"
RECOVERY_LOGIN: Final = "1relay/v1/recovery-login"
RECOVERY_WRAP: Final = "1relay/v1/recovery-wrap"
RECOVERY_VAULT_KEY: Final = "1relay/v1/recovery-vault-key"
SESSION: Final = "1relay/v1/session"
SESSION_VAULT: Final = "1relay/v1/session-vault"
SESSION_KEY: Final = "1relay/v1/session-key"

SEALED_KEY: Final = "1relay/v1/sealed-key"
OWNER: Final = "1relay/v1/owner"
OWNER_GRANT: Final = "1relay/v1/owner-grant"
PUBLIC_TOKEN: Final = "1relay/v1/public-token"
ACCESS_TOKEN: Final = "1relay/v1/access-token"
CONNECTION_KEY: Final = "1relay/v1/connection-key"

CHALLENGE: Final = "challenge"
PRELOGIN: Final = "prelogin"

CSRF: Final = "csrf"
IDEMPOTENT_ANSWER: Final = "1relay/v1/idempotent-answer"
VERIFY_EMAIL: Final = "verify-email"
WEBHOOK_SECRET: Final = "1relay/v1/webhook-secret"
