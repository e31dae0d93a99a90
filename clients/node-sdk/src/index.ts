export { OneRelayClient, type OneRelayOptions } from "./client.js";
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
  type Failure,
} from "./errors.js";
export type * from "./types.js";
