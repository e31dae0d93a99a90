/** The shapes that cross the wire, as spec/api.md names them. Money: budgets in US cents, spending in millionths of a dollar ("micros"). */

/** Bounds a person can set beside the monthly budget. */
export interface Limits {
  dailyCents?: number;
  requestsPerMinute?: number;
  concurrency?: number;
  models?: string[];
  expiresAt?: string;
  allowUnpriced?: boolean;
}

export interface LinkSessionParams {
  requestedProviders: string[];
  /** What you suggest as the monthly budget; the person decides. */
  budgetSuggestionCents?: number;
  limits?: Limits;
  /** Your own id of the signed-in visitor; `exchangePublicToken` must then bring the same. */
  clientUserId?: string;
  redirectUri?: string;
  responseMode?: "fragment" | "query";
  state?: string;
  /** Opens an existing connection for changes instead of making one. */
  connectionId?: string;
}

export interface LinkSession {
  id: string;
  linkToken: string;
  linkUrl: string;
  frameUrl: string;
  expiresAt: string;
}

export interface LinkSessionStatus {
  id: string;
  status: "open" | "authorized" | "exchanged" | "exited" | "expired";
  events: { name: string; at: string }[];
  connectionId?: string;
}

export interface Exchange {
  /** Keep it on your server, with the visitor it belongs to; nobody can show it again. */
  accessToken: string;
  connectionId: string;
  linkSessionId: string;
  clientUserId: string | null;
  providers: string[];
  budgetCents: number;
  limits: Limits;
}

export interface Connection {
  id: string;
  app: { name: string; clientId: string } | null;
  personal: boolean;
  name?: string;
  status: "active" | "paused" | "revoked" | "expired";
  needsAttention: { code: string; provider: string; since: string } | null;
  providers: string[];
  budgetCents: number;
  limits: Limits;
  spentMicros: number;
  heldMicros: number;
  period: { start: string; end: string };
  /** Your own id of the person, if the link session or the exchange named it. */
  clientUserId?: string;
  createdAt: string;
  lastUsedAt: string | null;
}

export interface Page<Item> {
  items: Item[];
  /** Give it as `cursor` to read on; null at the end. */
  nextCursor: string | null;
}

export interface ConnectionQuery {
  provider?: string;
  status?: string;
  limit?: number;
  cursor?: string;
}

export type UsageGroup = "day" | "app" | "provider" | "model" | "connection";

export interface UsageQuery {
  /** RFC 3339 times or dates, UTC. */
  from?: string;
  to?: string;
  groupBy?: UsageGroup[];
  connectionId?: string;
}

export interface UsageNumbers {
  requests: number;
  errors: number;
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens: number;
  costMicros: number;
}

/** What a sum was made over; has the groups that were asked for. `app` is null for personal connections. */
export interface UsageGroups {
  day?: string;
  app?: string | null;
  provider?: string;
  model?: string;
  connection?: string;
}

export interface UsageReport {
  items: (UsageNumbers & UsageGroups)[];
  totals: UsageNumbers;
}

export interface ChatMessage {
  role: string;
  content?: unknown;
  [member: string]: unknown;
}

/** A call in OpenAI's chat format for any provider; every other chat parameter passes as it is. */
export interface ChatParams {
  /** The access token of the person on whose behalf you call. */
  accessToken: string;
  provider: string;
  model: string;
  messages: ChatMessage[];
  stream?: boolean;
  [parameter: string]: unknown;
}

export interface TokenUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  [member: string]: unknown;
}

/** What the relay adds to an answer. */
export interface CallReport {
  requestId: string | null;
  costMicros: number | null;
  budgetRemainingMicros: number | null;
}

export interface ChatCompletion {
  id: string;
  object: string;
  created: number;
  model: string;
  choices: {
    index: number;
    message: { role: string; content: string | null; [member: string]: unknown };
    finish_reason: string | null;
    [member: string]: unknown;
  }[];
  usage?: TokenUsage;
  /** Cost and remaining budget; not part of the provider's answer. */
  relay: CallReport;
  [member: string]: unknown;
}

export interface ChatCompletionChunk {
  id: string;
  object: string;
  created: number;
  model: string;
  choices: {
    index: number;
    delta: { role?: string; content?: string | null; [member: string]: unknown };
    finish_reason: string | null;
    [member: string]: unknown;
  }[];
  usage?: TokenUsage | null;
  [member: string]: unknown;
}

/** Texts as vectors, in OpenAI's format, from a provider that serves it; every other parameter passes as it is. */
export interface EmbeddingsParams {
  /** The access token of the person on whose behalf you call. */
  accessToken: string;
  provider: string;
  model: string;
  /** One text or several; or their tokens. */
  input: string | string[] | number[] | number[][];
  encoding_format?: "float";
  [parameter: string]: unknown;
}

export interface Embeddings {
  object: string;
  /** One for each text, in their order. */
  data: { object: string; index: number; embedding: number[]; [member: string]: unknown }[];
  model: string;
  usage?: { prompt_tokens: number; total_tokens: number; [member: string]: unknown };
  /** Cost and remaining budget; not part of the provider's answer. */
  relay: CallReport;
  [member: string]: unknown;
}

/** For one call. */
export interface CallOptions {
  signal?: AbortSignal;
  timeoutMs?: number;
}

export interface WriteOptions extends CallOptions {
  /** Repeat a call with the same key and body within 24 hours and it happens once. One is made for you if you give none. */
  idempotencyKey?: string;
}
