import type { Limits } from "./types.js";

/** The events of spec/webhook_events.json; a test compares. Of a connection they count `sequence` from 1 without a gap. */

/** What every event of a connection tells of it, as it was then. */
export interface ConnectionState {
  connectionId: string;
  /** Counts a connection's events. First tries arrive in this order; one that had to be repeated may come later. */
  sequence: number;
  /** Your own id of the person. */
  clientUserId: string | null;
  status: "active" | "paused" | "revoked" | "expired";
  providers: string[];
  budgetCents: number;
  limits: Limits;
}

interface Spending {
  spentMicros: number;
  period: { start: string; end: string };
}

interface Event<Type extends string, Data> {
  type: Type;
  /** RFC 3339, UTC. */
  timestamp: string;
  data: Data;
}

/** A public token was exchanged: the connection can be used. Its access token is in the answer of the exchange alone. */
export type ConnectionCreatedEvent = Event<
  "connection.created",
  ConnectionState & { linkSessionId: string | null }
>;

/** Its person changed the connection, in their dashboard or in an update link session, or paused or resumed it. */
export type ConnectionUpdatedEvent = Event<
  "connection.updated",
  ConnectionState & { changed: ("status" | "providers" | "budgetCents" | "limits")[] }
>;

/** Calls with one of its keys fail until the person mends it: open an update link session for them. More codes may come. */
export type ConnectionNeedsAttentionEvent = Event<
  "connection.needs_attention",
  ConnectionState & { provider: string; code: string }
>;

/** A key that needed attention was renewed, or its provider was removed. */
export type ConnectionRepairedEvent = Event<"connection.repaired", ConnectionState & { provider: string }>;

/** The connection has ended for good. Forget its access token. */
export type ConnectionRevokedEvent = Event<
  "connection.revoked",
  ConnectionState & { reason: "user" | "app" | "no_key_left" | "app_deleted" }
>;

/** The time its person had given the connection is over. Ask them to connect again. */
export type ConnectionExpiredEvent = Event<"connection.expired", ConnectionState>;

/** 80 % of the month's budget are spent. Left out where a single call takes the budget past both thresholds. */
export type BudgetThresholdReachedEvent = Event<
  "budget.threshold_reached",
  ConnectionState & Spending & { percent: 80 }
>;

/** The month's budget is used up: calls are refused with `budget_exceeded` until it resets or is raised. */
export type BudgetExhaustedEvent = Event<"budget.exhausted", ConnectionState & Spending & { percent: 100 }>;

/** A new month began for a budget that had reached a threshold. */
export type BudgetResetEvent = Event<"budget.reset", ConnectionState & Spending>;

/** A provider refused the key itself. Comes besides `connection.needs_attention`, once for each connection that has the key. */
export type KeyInvalidEvent = Event<"key.invalid", ConnectionState & { provider: string; code: string }>;

/** A link session has ended. An authorised one still waits for its public token to be exchanged, unless it was an update. */
export type LinkSessionFinishedEvent = Event<
  "link.session_finished",
  {
    linkSessionId: string;
    outcome: "authorized" | "exited" | "expired";
    update: boolean;
    connectionId: string | null;
    sequence: number | null;
    clientUserId: string | null;
  }
>;

/** You asked for it. */
export type WebhookTestEvent = Event<"webhook.test", { appId: string }>;

/** Told apart by `type`. Ignore types you don't know: more may come. */
export type WebhookEvent =
  | ConnectionCreatedEvent
  | ConnectionUpdatedEvent
  | ConnectionNeedsAttentionEvent
  | ConnectionRepairedEvent
  | ConnectionRevokedEvent
  | ConnectionExpiredEvent
  | BudgetThresholdReachedEvent
  | BudgetExhaustedEvent
  | BudgetResetEvent
  | KeyInvalidEvent
  | LinkSessionFinishedEvent
  | WebhookTestEvent;
