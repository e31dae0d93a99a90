/**
 * One tree of errors. What the relay answered becomes an `ApiError` (a subclass by status, `code` says exactly what), what never got an
 * answer a `ConnectionFailedError`, `TimeoutError` or `AbortedError`. No error refers to the request, so printing one prints no secret.
 */

/** The base of everything this package throws on purpose. */
export class OneRelayError extends Error {
  override name = "OneRelayError";
}

/** The SDK was called in a way that can't work: a missing option, a malformed token, a stream read twice. Nothing was sent. */
export class UsageError extends OneRelayError {
  override name = "UsageError";
}

/** The relay could not be reached, or the connection broke before the whole answer was there. */
export class ConnectionFailedError extends OneRelayError {
  override name = "ConnectionFailedError";
}

/** Nothing came within `timeoutMs`. */
export class TimeoutError extends OneRelayError {
  override name = "TimeoutError";
}

/** Your own `signal` ended the call. */
export class AbortedError extends OneRelayError {
  override name = "AbortedError";
}

/** What came is not a webhook of this relay's, made within the last five minutes: answer 400 and do nothing. */
export class WebhookVerificationError extends OneRelayError {
  override name = "WebhookVerificationError";
}

/** What an `ApiError` is made of. */
export interface Failure {
  status: number;
  code: string;
  message: string;
  requestId: string | null;
  details: Record<string, unknown>;
  retryAfterSeconds: number | null;
}

/** The relay refused or failed; `code` is stable and explained at `/docs/errors#code` of the relay. */
export class ApiError extends OneRelayError {
  override name = "ApiError";
  /** HTTP status; of an error inside a stream the one the same error has outside of it. */
  readonly status: number;
  readonly code: string;
  /** Quote it to the relay's support. */
  readonly requestId: string | null;
  readonly details: Record<string, unknown>;
  readonly retryAfterSeconds: number | null;

  constructor(failure: Failure) {
    super(failure.message);
    this.status = failure.status;
    this.code = failure.code;
    this.requestId = failure.requestId;
    this.details = failure.details;
    this.retryAfterSeconds = failure.retryAfterSeconds;
  }

  toJSON(): Record<string, unknown> {
    const { name, message, status, code, requestId, details, retryAfterSeconds } = this;
    return { name, message, status, code, requestId, details, retryAfterSeconds };
  }
}

/** 400, 404 to 406, 413, 415: the request itself is wrong; `details.fields` names the members. */
export class InvalidRequestError extends ApiError {
  override name = "InvalidRequestError";
}

/** 401: the credential is unknown, ended or not one of this kind. */
export class AuthenticationError extends ApiError {
  override name = "AuthenticationError";
}

/** 401 `connection_revoked` or `connection_expired`: forget the access token and let the person connect again. */
export class ConnectionEndedError extends AuthenticationError {
  override name = "ConnectionEndedError";
}

/** 402: the person's money. `budget_exceeded` has limitCents, spentMicros, heldMicros and resetsAt in `details`. */
export class BudgetError extends ApiError {
  override name = "BudgetError";
}

/** 403: the person has not allowed this (provider, model, path), or has paused the connection. */
export class PermissionError extends ApiError {
  override name = "PermissionError";
}

/** 404: no such thing, or not yours. */
export class NotFoundError extends InvalidRequestError {
  override name = "NotFoundError";
}

/** 409, 410: too late; somebody was first, or the link has been used or has expired. */
export class ConflictError extends ApiError {
  override name = "ConflictError";
}

/** 429: too many calls; `retryAfterSeconds` says when the next can succeed. */
export class RateLimitError extends ApiError {
  override name = "RateLimitError";
}

/** 500 to 504: the relay or the provider behind it is in trouble. */
export class ServerError extends ApiError {
  override name = "ServerError";
}

/** The AI provider itself refused the call (an invalid key, an exhausted quota, a bad parameter); `details.answer` is what it said. */
export class ProviderError extends ApiError {
  override name = "ProviderError";
}

type ApiErrorClass = new (failure: Failure) => ApiError;

const BY_CODE: Readonly<Record<string, ApiErrorClass>> = {
  connection_revoked: ConnectionEndedError,
  connection_expired: ConnectionEndedError,
};

const BY_STATUS: Readonly<Record<number, ApiErrorClass>> = {
  401: AuthenticationError,
  402: BudgetError,
  403: PermissionError,
  404: NotFoundError,
  409: ConflictError,
  410: ConflictError,
  429: RateLimitError,
};

/** The most exact class for a failure. */
export function apiError(failure: Failure): ApiError {
  const byStatus = BY_STATUS[failure.status] ?? (failure.status >= 500 ? ServerError : InvalidRequestError);
  const known = Object.hasOwn(BY_CODE, failure.code) ? BY_CODE[failure.code] : undefined;
  return new (known ?? byStatus)(failure);
}
