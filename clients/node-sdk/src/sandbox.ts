import type { AppCalls } from "./appCalls.js";
import type { CallOptions, Limits, WriteOptions } from "./types.js";
import type { WebhookEvent } from "./webhookEvents.js";

/** What calls on a sandbox connection come to (/docs/sandbox of your relay). */
export type SandboxOutcome =
  | "works"
  | "slow"
  | "cut"
  | "unreachable"
  | "stream-error"
  | "invalid"
  | "dies"
  | "forbidden"
  | "refused"
  | "quota"
  | "rate-limited"
  | "server-error"
  | "overloaded"
  | "budget";

export interface SandboxLinkParams {
  /** Without one, every call is answered. */
  outcome?: SandboxOutcome;
  /** The monthly budget; 500 ($5) without one. */
  budgetCents?: number;
  limits?: Limits;
  /** Your own id of a visitor; `exchangePublicToken` must then bring the same. */
  clientUserId?: string;
}

export interface SandboxLink {
  /** Exchange it as one that your page got from Link. */
  publicToken: string;
  connectionId: string;
  linkSessionId: string;
  expiresAt: string;
}

export interface SandboxEvent {
  /** One of `sandbox.link`: events are not made up for people's connections. */
  connectionId: string;
  type: WebhookEvent["type"];
}

/** A webhook and what came of sending it. */
export interface WebhookDelivery {
  id: string;
  type: string;
  connectionId: string | null;
  sequence: number | null;
  status: "delivered" | "pending" | "failed";
  /** As it is sent. */
  body: string;
  attempts: WebhookAttempt[];
  nextAttemptAt: string | null;
  deliveredAt: string | null;
  createdAt: string;
}

export interface WebhookAttempt {
  at: string;
  httpStatus: number | null;
  why: string | null;
  latencyMs: number;
  answer: string;
}

/** For tests: connections of the practice provider `sandbox`, which answers and fails on demand and costs nothing. */
export interface Sandbox {
  /** A public token without a browser, for the provider `sandbox` alone; a test user of your app approves at once. */
  link(params?: SandboxLinkParams, options?: WriteOptions): Promise<SandboxLink>;
  /** Sends a webhook of any type for a sandbox connection, which stays as it is. */
  fire(event: SandboxEvent, options?: CallOptions): Promise<WebhookDelivery>;
}

/** The sandbox of one app. */
export function sandboxOf(calls: AppCalls): Sandbox {
  return {
    async link(params = {}, options = {}) {
      return (await calls.post("/v1/sandbox/link", params, options)) as SandboxLink;
    },
    async fire(event, options = {}) {
      return (await calls.postOnce("/v1/sandbox/fire", event, options)) as WebhookDelivery;
    },
  };
}
