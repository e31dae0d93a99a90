import { RelayApi, RelayError, type Limits } from "@1relay/core";

import type { LinkError, LinkExitStatus } from "../../../link-sdk/src/types.js";

/** `GET /v1/link/session`: who asks for what. */
export type LinkSession = {
  id: string;
  app: { name: string; clientId: string; websiteUrl?: string; verified: boolean; testMode: boolean };
  origins: string[];
  requestedProviders: string[];
  budgetSuggestionCents: number | null;
  limits: Limits;
  connectionId: string;
  update: boolean;
  redirect: { uri: string; responseMode: "fragment" | "query"; state: string | null } | null;
  expiresAt: string;
  status: "open" | "authorized" | "exchanged" | "exited" | "expired";
};

/** The link token in the page's own fragment; null if there is none. It never goes anywhere but into an Authorization header. */
export function tokenFromFragment(): string | null {
  const token = location.hash.slice(1);
  return /^1r_lt_[0-9A-Za-z]{49}$/.test(token) ? token : null;
}

const EXPIRY_GRACE_MS = 3_000;

/** One link session, spoken to with its own token and without any cookie. */
export class SessionClient {
  readonly token: string;
  readonly #api: RelayApi;

  constructor(token: string) {
    this.token = token;
    this.#api = new RelayApi({ token });
  }

  read(): Promise<LinkSession> {
    return this.#api.get<LinkSession>("/v1/link/session");
  }

  /** Milliseconds until the session expires by the relay's clock, and a little: the relay itself says so first. */
  msLeft({ expiresAt }: LinkSession): number {
    return Math.max(0, Date.parse(expiresAt) - this.#api.now()) + EXPIRY_GRACE_MS;
  }

  /**
   * Tells the server that something happened, and what leaving now would be called. Outlives the page; a lost event loses nothing but
   * a line in the app's log.
   */
  tell(event: string, exitStatus?: LinkExitStatus): void {
    void fetch("/v1/link/session/events", {
      method: "POST",
      headers: { Authorization: `Bearer ${this.token}`, "Content-Type": "application/json" },
      body: JSON.stringify({ name: event, ...(exitStatus && { exitStatus }) }),
      credentials: "omit",
      keepalive: true,
    }).catch(() => undefined);
  }
}

export const EXPIRED: LinkError = {
  code: "link_expired",
  message: "Nothing was approved. Go back to the app and start again.",
};

/** What stands in the way of a session that can be read but not used any more; null if nothing does. */
export function endedBecause(session: LinkSession): LinkError | null {
  switch (session.status) {
    case "open":
      return null;
    case "authorized":
    case "exchanged":
      return {
        code: "link_consumed",
        message: "This request has been approved already. Go back to the app.",
      };
    case "exited":
      return {
        code: "link_consumed",
        message: "This request was cancelled. Go back to the app and start again.",
      };
    case "expired":
      return EXPIRED;
  }
}

/** Whether the relay no longer knows the link token that asked. */
export function saysLinkEnded(failure: unknown): boolean {
  return failure instanceof RelayError && ["link_expired", "invalid_token"].includes(failure.code);
}

/** Any failure as Link reports it: a code, a sentence fit to show, and the request id where there is one. */
export function linkError(failure: unknown): LinkError {
  if (failure instanceof RelayError) {
    const { code, message, requestId } = failure;
    return requestId ? { code, message, requestId } : { code, message };
  }
  const named = failure as { code?: unknown; message?: unknown };
  if (typeof named.code === "string" && typeof named.message === "string") {
    return { code: named.code, message: named.message };
  }
  return { code: "internal_error", message: "Something went wrong on this page. Reload it and try again." };
}
