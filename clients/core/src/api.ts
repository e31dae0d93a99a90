// The one way in which the browser talks to /v1. Source: spec/api.md, "Everywhere".
import { NO_ANSWER, RelayError, type RelayErrorDetails, VaultError } from "./errors";

export type ApiOptions = {
  /** Where the relay is, and what proofs are signed for. Default: where this page is from. */
  origin?: string;
  /** `1r_ut_…`: bearer mode, never a cookie. Without it the page's cookie session is used. */
  token?: string | undefined;
  csrfToken?: string | undefined;
  userId?: string | undefined;
  fetch?: typeof fetch;
  timeoutMs?: number;
};

export type CallOptions = {
  /** For every call that api.md marks ▲: renewed silently with the login key. */
  elevated?: boolean;
  /** Another credential than the session, such as a link token; no cookie is sent. */
  bearer?: string;
  idempotencyKey?: string;
  signal?: AbortSignal;
};

/** What a provider asks for beside the credential. */
export type RawOptions = {
  headers?: Record<string, string>;
  body?: object | undefined;
  signal?: AbortSignal | undefined;
};

export type Query = Record<string, string | number | undefined>;
type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Where elevations come from; the account provides it. */
export interface ElevationSource {
  current(): Promise<string>;
  renewed(): Promise<string>;
}

const TIMEOUT_MS = 30_000;
const PAGE_SIZE = 100;

export class RelayApi {
  readonly origin: string;
  readonly usesCookie: boolean;
  token: string | undefined;
  csrfToken: string | undefined;
  /** The user whose vault this page shows; the relay refuses writes when somebody else's session is in the cookie. */
  userId: string | undefined;
  elevation: ElevationSource | null = null;
  /** Hears of every refusal of the session's own calls. */
  onRefusal: ((error: RelayError) => void) | null = null;
  readonly #fetch: typeof fetch;
  readonly #timeoutMs: number;
  #clockOffsetMs = 0;

  constructor(options: ApiOptions = {}) {
    this.origin = options.origin ?? location.origin;
    this.usesCookie =
      options.token === undefined && typeof location === "object" && location.origin === this.origin;
    this.token = options.token;
    this.csrfToken = options.csrfToken;
    this.userId = options.userId;
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  }

  /** What the relay's clock says, in ms since 1970, by the last answer's Date header: a device's own may be hours off. */
  now(): number {
    return Date.now() + this.#clockOffsetMs;
  }

  get<T>(path: string, query: Query = {}, options: CallOptions = {}): Promise<T> {
    return this.#call("GET", path + queryText(query), undefined, options);
  }

  post<T>(path: string, body: object, options: CallOptions = {}): Promise<T> {
    return this.#call("POST", path, body, options);
  }

  put<T>(path: string, body: object, options: CallOptions = {}): Promise<T> {
    return this.#call("PUT", path, body, options);
  }

  patch<T>(path: string, body: object, options: CallOptions = {}): Promise<T> {
    return this.#call("PATCH", path, body, options);
  }

  delete<T>(path: string, options: CallOptions & { body?: object } = {}): Promise<T> {
    return this.#call("DELETE", path, options.body, options);
  }

  /** A proxied call with an access token, answered as it comes: no envelope, no cookie. */
  raw(path: string, method: string, accessToken: string, options: RawOptions = {}): Promise<Response> {
    const headers = new Headers({ ...options.headers, Authorization: `Bearer ${accessToken}` });
    const { body, signal } = options;
    if (body !== undefined) headers.set("Content-Type", "application/json");
    return this.#answer(path, signal, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
    });
  }

  /** Every item of a list, page by page. */
  async all<Item>(path: string, query: Query = {}): Promise<Item[]> {
    const items: Item[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.get<{ items: Item[]; nextCursor: string | null }>(path, {
        limit: PAGE_SIZE,
        ...query,
        cursor,
      });
      items.push(...page.items);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return items;
  }

  async #call<T>(method: Method, path: string, body: object | undefined, options: CallOptions): Promise<T> {
    if (options.elevated !== true) return this.#send(method, path, body, options, null);
    const source = this.elevation;
    if (source === null) throw new VaultError("vault_locked");
    try {
      return await this.#send(method, path, body, options, await source.current());
    } catch (error) {
      // Refused before anything was done: the elevation had run out, or another tab had renewed it.
      if (!(error instanceof RelayError) || error.code !== "reauth_required") throw error;
      return this.#send(method, path, body, options, await source.renewed());
    }
  }

  async #send<T>(
    method: Method,
    path: string,
    body: object | undefined,
    options: CallOptions,
    elevation: string | null,
  ): Promise<T> {
    const bearer = options.bearer ?? this.token;
    const headers = this.#headers(method, body, options, bearer);
    if (elevation !== null) headers.set("X-1Relay-Elevation", elevation);
    const response = await this.#answer(path, options.signal, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      credentials: bearer === undefined && this.usesCookie ? "same-origin" : "omit",
      cache: "no-store",
      redirect: "error",
    });
    try {
      return await this.#data<T>(response);
    } catch (error) {
      if (error instanceof RelayError && options.bearer === undefined) this.onRefusal?.(error);
      throw error;
    }
  }

  #headers(
    method: Method,
    body: object | undefined,
    options: CallOptions,
    bearer: string | undefined,
  ): Headers {
    const headers = new Headers({ Accept: "application/json" });
    if (body !== undefined) headers.set("Content-Type", "application/json");
    if (options.idempotencyKey !== undefined) headers.set("Idempotency-Key", options.idempotencyKey);
    if (bearer !== undefined) headers.set("Authorization", `Bearer ${bearer}`);
    else if (this.usesCookie && method !== "GET") {
      headers.set("X-1Relay-Cookie", "1");
      if (this.csrfToken !== undefined) headers.set("X-CSRF-Token", this.csrfToken);
      if (this.userId !== undefined) headers.set("X-1Relay-User", this.userId);
    }
    return headers;
  }

  async #answer(path: string, signal: AbortSignal | undefined, init: RequestInit): Promise<Response> {
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    try {
      const signals = signal === undefined ? timeout : anyOf(signal, timeout);
      return await this.#fetch(this.origin + path, { ...init, signal: signals });
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw noAnswer(timeout.aborted ? "network_timeout" : "network_unreachable", 0);
    }
  }

  async #data<T>(response: Response): Promise<T> {
    this.#setClock(response.headers.get("Date"));
    const envelope = await read(response);
    if (response.ok && envelope.success === true) return envelope.data as T;
    const { code, message, requestId, details } = envelope.error ?? {};
    if (typeof code !== "string") throw noAnswer("unreadable_answer", response.status);
    const id = requestId ?? response.headers.get("X-Request-Id");
    throw new RelayError(code, response.status, message ?? code, id, details ?? {});
  }

  #setClock(date: string | null): void {
    const server = Date.parse(date ?? "");
    if (!Number.isNaN(server)) this.#clockOffsetMs = server - Date.now();
  }
}

type Envelope = {
  success?: unknown;
  data?: unknown;
  error?: { code?: unknown; message?: string; requestId?: string; details?: RelayErrorDetails };
};

async function read(response: Response): Promise<Envelope> {
  try {
    const value: unknown = await response.json();
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Not JSON, or cut off: named below.
  }
  throw noAnswer("unreadable_answer", response.status);
}

function noAnswer(code: keyof typeof NO_ANSWER, status: number): RelayError {
  return new RelayError(code, status, NO_ANSWER[code], null, {});
}

function queryText(query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
}

/** AbortSignal.any, which Safari before 17.4 lacks. */
function anyOf(...signals: AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) controller.abort(signal.reason);
    signal.addEventListener("abort", () => {
      controller.abort(signal.reason);
    });
  }
  return controller.signal;
}
