export { OneRelayClient } from "./client.js";
export { ChatStream } from "./streaming.js";
export {
  AbortedError,
  ApiError,
  AuthenticationError,
  BudgetError,
  ConflictError,
  ConnectionEndedError,
  ConnectionFailedError,
  InvalidRequestError,
  NotFoundError,
  OneRelayError,
  PermissionError,
  ProviderError,
  RateLimitError,
  ServerError,
  TimeoutError,
  UsageError,
  WebhookVerificationError,
  type Failure,
} from "./errors.js";
export type * from "./types.js";
export type { GoogleSdkOptions, SdkOptions } from "./officialSdks.js";
export type { OneRelayOptions, Person } from "./options.js";
export type { Passthrough } from "./passthrough.js";
export type {
  Sandbox,
  SandboxEvent,
  SandboxLink,
  SandboxLinkParams,
  SandboxOutcome,
  WebhookAttempt,
  WebhookDelivery,
} from "./sandbox.js";
export type * from "./webhookEvents.js";
export { webhooks, type WebhookHeaders } from "./webhooks.js";
