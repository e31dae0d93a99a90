// What /v1 answers, as far as the browser reads it. Source: spec/api.md.
import type { Kdf } from "./crypto/kdf";
import type { SessionSecrets } from "./crypto/session";

/** `switched`: another person, or another session, signed in in another tab. The page should reload. */
export type AccountState = "signed-out" | "locked" | "unlocked" | "switched";
export type AccountUser = { id: string; email?: string };

export type User = { id: string; email: string; emailVerified: boolean; createdAt: string };

export type Limits = {
  dailyCents?: number | null;
  requestsPerMinute?: number | null;
  concurrency?: number | null;
  models?: string[] | null;
  /** RFC 3339, UTC. */
  expiresAt?: string | null;
  allowUnpriced?: boolean | null;
};

export type Prelogin = { origin: string; kdf: Kdf; challenge: string; challengeExpiresAt: string };
export type Elevated = { elevation: string; elevatedUntil: string };
export type SignedIn = Elevated & {
  user: User;
  sessionId: string;
  token?: string;
  csrfToken?: string;
  expiresAt: string;
};
export type LoggedIn = SignedIn & { kdf: Kdf; wrappedVaultKey: string };
export type Unlocked = Elevated & { kdf: Kdf; wrappedVaultKey: string; csrfToken?: string };
export type Me = {
  user: User;
  sessionId: string;
  kdf: Kdf;
  hasRecovery: boolean;
  autoLockMinutes: number;
  csrfToken?: string;
};
/** A signed-in device. */
export type Device = {
  id: string;
  kind: "cookie" | "bearer";
  current: boolean;
  userAgent: string;
  createdAt: string;
  lastUsedAt: string;
  expiresAt: string;
};
/** Who has just given the password, and what it is derived with; raw secrets. */
export type Proved = SessionSecrets & { email: string; kdf: Kdf };

export type StoredItem = {
  id: string;
  provider: string;
  ciphertext: string;
  createdAt: string;
  updatedAt: string;
  lastUsedAt: string | null;
};

export type ConnectionStatus = "pending" | "active" | "paused" | "revoked" | "expired";
export type Connection = {
  id: string;
  app: { name: string; clientId: string } | null;
  personal: boolean;
  name?: string;
  status: ConnectionStatus;
  needsAttention: { code: string; provider: string; since: string } | null;
  providers: string[];
  budgetCents: number;
  limits: Limits;
  spentMicros: number;
  heldMicros: number;
  period: { start: string; end: string };
  clientUserId?: string;
  createdAt: string;
  lastUsedAt: string | null;
  ownerGrant?: string | null;
};

export type SealedKey = { provider: string; sealedKey: string };
