import { apiError, ConnectionFailedError, ProviderError, type ApiError, type Failure } from "./errors.js";
import type { CallReport } from "./types.js";

type JsonObject = Record<string, unknown>;

/** The `data` of a successful envelope; anything else throws. */
export function dataOf(response: Response, body: string): unknown {
  const answer = parseObject(body);
  if (response.ok && answer?.["success"] === true) return answer["data"];
  if (response.ok) throw new ConnectionFailedError("The answer is not 1Relay's: check baseUrl.");
  throw failureOf(response.status, answer, response.headers);
}

/** The error an unsuccessful answer, or an error event inside a stream, stands for. */
export function failureOf(status: number, answer: JsonObject | null, headers: Headers): ApiError {
  const error = asObject(answer?.["error"]);
  const fromRelay = answer?.["success"] === false && typeof error?.["code"] === "string";
  const failure: Failure = {
    status,
    code: fromRelay ? String(error["code"]) : "provider_error",
    message:
      typeof error?.["message"] === "string" ? error["message"] : `The call failed with status ${status}.`,
    requestId: typeof error?.["requestId"] === "string" ? error["requestId"] : headers.get("x-request-id"),
    details: fromRelay ? (asObject(error["details"]) ?? {}) : { provider: answer },
    retryAfterSeconds: retryAfterSeconds(headers),
  };
  return fromRelay ? apiError(failure) : new ProviderError(failure);
}

/** Cost and remaining budget as the relay reports them in headers. */
export function reportOf(headers: Headers): CallReport {
  return {
    requestId: headers.get("x-request-id"),
    costMicros: wholeNumber(headers.get("x-1relay-cost-micros")),
    budgetRemainingMicros: wholeNumber(headers.get("x-1relay-budget-remaining-micros")),
  };
}

/** `Retry-After` in seconds or as a date; null if absent or neither. */
export function retryAfterSeconds(headers: Headers): number | null {
  const value = headers.get("retry-after");
  if (value === null) return null;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value);
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, (at - Date.now()) / 1000);
}

export function parseObject(text: string): JsonObject | null {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return null;
  }
}

export function asObject(value: unknown): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

export function wholeNumber(text: string | null | undefined): number | null {
  return text && /^-?\d+$/.test(text) ? Number(text) : null;
}
