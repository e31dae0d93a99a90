// Every `info`, `aad` and message label of the protocol, once. relay/crypto/labels.py holds the same on the server's side;
// tests/labels.test.ts compares them.

export const SALT = "1relay/v1/salt";
export const LOGIN = "1relay/v1/login";
export const WRAP = "1relay/v1/wrap";

export const REGISTER = "1relay/v1/register";
export const CHANGE_PASSWORD = "1relay/v1/change-password";
export const RECOVER_READ = "1relay/v1/recover-read";
export const RECOVER = "1relay/v1/recover";
export const DELETE_ACCOUNT = "1relay/v1/delete-account";

export const VAULT_KEY = "1relay/v1/vault-key";
export const VAULT_ITEM = "1relay/v1/vault-item";
export const RECOVERY_LOGIN = "1relay/v1/recovery-login";
export const RECOVERY_WRAP = "1relay/v1/recovery-wrap";
export const RECOVERY_VAULT_KEY = "1relay/v1/recovery-vault-key";
export const SESSION = "1relay/v1/session";
export const SESSION_VAULT = "1relay/v1/session-vault";
export const SESSION_KEY = "1relay/v1/session-key";

export const SEALED_KEY = "1relay/v1/sealed-key";
export const OWNER = "1relay/v1/owner";
export const OWNER_GRANT = "1relay/v1/owner-grant";
export const PUBLIC_TOKEN = "1relay/v1/public-token";
export const ACCESS_TOKEN = "1relay/v1/access-token";
export const CONNECTION_KEY = "1relay/v1/connection-key";
