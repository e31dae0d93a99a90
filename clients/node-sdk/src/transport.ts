import { setTimeout as pause } from "node:timers/promises";

import { retryAfterSeconds } from "./answer.js";
import { AbortedError, ConnectionFailedError } from "./errors.js";
import type { CallOptions } from "./types.js";
import { Watch } from "./watch.js";

/** Longest pause a retry waits for; a relay that asks for more gets no retry, the caller gets the error at once. */
const LONGEST_PAUSE_SECONDS = 30;

export interface Call {
  method: "GET" | "POST" | "DELETE";
  path: string;
  authorization: string;
  body?: unknown;
  idempotencyKey?: string;
  /** Sending it twice has the effect of sending it once, so a broken connection may be tried again. */
  repeatable: boolean;
  timeoutMs: number;
  options: CallOptions;
}

/** An answer whose body has not been read yet; whoever reads it ends the watch. */
export interface Answer {
  response: Response;
  watch: Watch;
}

/** Takes what was asked for out of an answer; throws for a refusal. */
type Reader<Value> = (response: Response, body: string) => Value;

/** Sends calls to one relay and tries again what may be tried again. */
export class Transport {
  readonly #baseUrl: string;
  readonly #fetch: typeof fetch;
  readonly #maxRetries: number;

  constructor(baseUrl: string, fetcher: typeof fetch, maxRetries: number) {
    this.#baseUrl = baseUrl;
    this.#fetch = fetcher;
    this.#maxRetries = maxRetries;
  }

  /** What `read` makes of the whole answer, and the answer's headers. */
  async whole<Value>(call: Call, read: Reader<Value>): Promise<{ value: Value; headers: Headers }> {
    const { response, watch } = await this.open(call);
    try {
      return { value: read(response, await response.text()), headers: response.headers };
    } catch (error) {
      throw watch.explain(error);
    } finally {
      watch.end();
    }
  }

  /** The first answer that is not worth another try. Its status may be an error's. */
  async open(call: Call): Promise<Answer> {
    for (let attempt = 0; ; attempt += 1) {
      const mayRetry = attempt < this.#maxRetries;
      const answer = await this.#attempt(call, mayRetry && call.repeatable);
      const seconds = answer ? pauseBeforeRetry(answer.response) : backoffSeconds(attempt);
      if (answer && (!mayRetry || seconds === null)) return answer;
      answer?.watch.end();
      await sleep(seconds ?? 0, call.options.signal);
    }
  }

  /** null: the connection broke and the call may be repeated. */
  async #attempt(call: Call, repeatable: boolean): Promise<Answer | null> {
    const watch = new Watch(call.options.timeoutMs ?? call.timeoutMs, call.options.signal);
    try {
      const send = this.#fetch;
      const response = await send(this.#baseUrl + call.path, requestOf(call, watch.signal));
      return { response, watch };
    } catch (error) {
      watch.end();
      const explained = watch.explain(error);
      if (repeatable && explained instanceof ConnectionFailedError) return null;
      throw explained;
    }
  }
}

function requestOf(call: Call, signal: AbortSignal): RequestInit {
  const headers: Record<string, string> = {
    accept: "application/json, text/event-stream;q=0.9",
    authorization: call.authorization,
  };
  if (call.idempotencyKey) headers["idempotency-key"] = call.idempotencyKey;
  if (call.body === undefined) return { method: call.method, headers, signal, redirect: "error" };
  headers["content-type"] = "application/json";
  return { method: call.method, headers, body: JSON.stringify(call.body), signal, redirect: "error" };
}

/** Seconds the relay asks to wait before trying again; null: don't. Only 429 and 503 say that nothing has happened yet. */
function pauseBeforeRetry(response: Response): number | null {
  if (response.status !== 429 && response.status !== 503) return null;
  if (response.headers.get("x-should-retry") === "false") return null;
  const seconds = retryAfterSeconds(response.headers);
  return seconds !== null && seconds <= LONGEST_PAUSE_SECONDS ? seconds : null;
}

/** 0.25–0.5 s, 0.5–1 s, 1–2 s: spread, so that many clients of a restarted relay don't come back at once. */
function backoffSeconds(attempt: number): number {
  return 0.25 * 2 ** attempt * (1 + Math.random());
}

async function sleep(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await pause(seconds * 1000, undefined, signal ? { signal } : {});
  } catch {
    throw new AbortedError("The call was aborted.");
  }
}
