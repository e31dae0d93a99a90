import { STATUS_OF_CODE } from "./codes.js";
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

/** The provider's own answer to a call that was passed through to it; anything else throws. */
export function passedThrough(provider: string): (response: Response, body: string) => JsonObject {
  return (response, body) => {
    const answer = parseObject(body);
    if (response.ok && answer) return answer;
    if (response.ok) throw new ConnectionFailedError("The answer is not JSON: check baseUrl.");
    const { status, headers } = response;
    const isProviders = answer !== null && !isRelays(answer, headers);
    throw isProviders
      ? providerFailure(status, answer, headers, provider)
      : failureOf(status, answer, headers);
  };
}

/** The error an unsuccessful answer stands for: the relay's own, the provider's, or that of something between us and the relay. */
export function failureOf(status: number, answer: JsonObject | null, headers: Headers): ApiError {
  if (isRelays(answer, headers)) return apiError(relayFailure(status, asObject(answer?.["error"]), headers));
  const provider = headers.get("x-1relay-provider-error");
  if (provider !== null) return providerFailure(status, answer, headers, provider);
  return apiError(relayFailure(status, null, headers));
}

/** The same for an error event inside a stream, where what is not the relay's can only be the provider's. */
export function streamFailureOf(answer: JsonObject | null, headers: Headers): ApiError {
  if (!isEnvelope(answer)) return providerFailure(502, answer, headers, null);
  const error = asObject(answer?.["error"]);
  const code = String(error?.["code"]);
  const status = Object.hasOwn(STATUS_OF_CODE, code) ? STATUS_OF_CODE[code] : undefined;
  return apiError(relayFailure(status ?? 502, error, headers));
}

/** On passthrough the relay's refusals look like the provider's, and are marked. */
function isRelays(answer: JsonObject | null, headers: Headers): boolean {
  return headers.get("x-1relay-error") !== null || isEnvelope(answer);
}

function isEnvelope(answer: JsonObject | null): boolean {
  return answer?.["success"] === false && typeof asObject(answer["error"])?.["code"] === "string";
}

function relayFailure(status: number, error: JsonObject | null, headers: Headers): Failure {
  return {
    status,
    code: headers.get("x-1relay-error") ?? asText(error?.["code"]) ?? "unknown",
    message: asText(error?.["message"]) ?? `The call failed with status ${status}.`,
    requestId: asText(error?.["requestId"]) ?? headers.get("x-request-id"),
    details: asObject(error?.["details"]) ?? {},
    retryAfterSeconds: retryAfterSeconds(headers),
  };
}

function providerFailure(
  status: number,
  answer: JsonObject | null,
  headers: Headers,
  provider: string | null,
): ApiError {
  return new ProviderError({
    ...relayFailure(status, null, headers),
    code: "provider_error",
    message: asText(asObject(answer?.["error"])?.["message"]) ?? `The AI provider answered ${status}.`,
    details: { provider, answer },
  });
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

function asText(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

export function asObject(value: unknown): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

export function wholeNumber(text: string | null | undefined): number | null {
  return text && /^-?\d+$/.test(text) ? Number(text) : null;
}
