import { asObject, dataOf, reportOf } from "./answer.js";
import { ConnectionFailedError, UsageError } from "./errors.js";
import { ChatStream } from "./streaming.js";
import { Transport, type Call } from "./transport.js";
import type {
  CallOptions,
  ChatCompletion,
  ChatParams,
  Connection,
  ConnectionQuery,
  Exchange,
  LinkSession,
  LinkSessionParams,
  LinkSessionStatus,
  Page,
  UsageQuery,
  UsageReport,
  WriteOptions,
} from "./types.js";

const API_TIMEOUT_MS = 30_000;
/** Models that think first can take minutes to their first byte. */
const CHAT_TIMEOUT_MS = 600_000;
const PRINTABLE = /^[\x21-\x7e]+$/;

export interface OneRelayOptions {
  clientId: string;
  clientSecret: string;
  /** Address of the relay, such as `https://relay.example`; paths below it start with /v1. */
  baseUrl: string;
  /** Used instead of the global fetch, for proxies and special networks. */
  fetch?: typeof fetch;
  /** Longest wait in ms: for a whole JSON answer, in streams for the next bytes. Default 30 s, chats 10 min. */
  timeoutMs?: number;
  /** Further tries after 429 and 503 with Retry-After, and after broken connections where repeating is safe. Default 2. */
  maxRetries?: number;
}

/** A client of one relay for one registered app. It belongs on a server: it holds the app's secret. */
export class OneRelayClient {
  readonly #transport: Transport;
  readonly #appAuthorization: string;
  readonly #timeoutMs: number | undefined;

  constructor(options: OneRelayOptions) {
    if ("window" in globalThis && "document" in globalThis) {
      throw new UsageError(
        "OneRelayClient holds your client secret: use it on your server, never in a browser.",
      );
    }
    checkCredential(options.clientId, "1r_cid_", "clientId");
    checkCredential(options.clientSecret, "1r_cs_", "clientSecret");
    this.#transport = new Transport(
      options.baseUrl,
      options.fetch ?? globalThis.fetch.bind(globalThis),
      options.maxRetries ?? 2,
    );
    this.#appAuthorization = `Basic ${btoa(`${options.clientId}:${options.clientSecret}`)}`;
    this.#timeoutMs = options.timeoutMs;
  }

  /** Opens a link session; give its `linkToken` to your page, where the Link SDK shows it to the person. */
  async createLinkSession(params: LinkSessionParams, options: WriteOptions = {}): Promise<LinkSession> {
    return (await this.#post("/v1/link/sessions", params, options)) as LinkSession;
  }

  /** How far a link session has come, for instance after its callback got lost. */
  async getLinkSession(id: string, options: CallOptions = {}): Promise<LinkSessionStatus> {
    return (await this.#app("GET", `/v1/link/sessions/${segment(id)}`, options)) as LinkSessionStatus;
  }

  /**
   * Trades the public token that your page got from Link for an access token, once. If the session was opened with a `clientUserId`, pass
   * that of the visitor who is signed in now: it stops one person's approval from being planted in another's account.
   */
  async exchangePublicToken(
    exchange: string | { publicToken: string; clientUserId?: string },
    options: WriteOptions = {},
  ): Promise<Exchange> {
    const body = typeof exchange === "string" ? { publicToken: exchange } : exchange;
    checkCredential(body.publicToken, "1r_pt_", "publicToken");
    return (await this.#post("/v1/link/exchange", body, options)) as Exchange;
  }

  /** One chat call on a person's behalf; with `stream: true` an async iterable of chunks. */
  chatCompletion(params: ChatParams & { stream: true }, options?: CallOptions): Promise<ChatStream>;
  chatCompletion(params: ChatParams & { stream?: false }, options?: CallOptions): Promise<ChatCompletion>;
  chatCompletion(params: ChatParams, options?: CallOptions): Promise<ChatCompletion | ChatStream>;
  async chatCompletion(params: ChatParams, options: CallOptions = {}): Promise<ChatCompletion | ChatStream> {
    const { accessToken, ...body } = params;
    checkCredential(accessToken, "1r_at_", "accessToken");
    const call: Call = {
      method: "POST",
      path: "/v1/proxy/chat/completions",
      authorization: `Bearer ${accessToken}`,
      body,
      repeatable: false,
      timeoutMs: this.#timeoutMs ?? CHAT_TIMEOUT_MS,
      options,
    };
    return body.stream ? this.#stream(call) : this.#complete(call);
  }

  /** The connections of your app. */
  async listConnections(query: ConnectionQuery = {}, options: CallOptions = {}): Promise<Page<Connection>> {
    return (await this.#app("GET", `/v1/connections${queryString(query)}`, options)) as Page<Connection>;
  }

  async getConnection(id: string, options: CallOptions = {}): Promise<Connection> {
    return (await this.#app("GET", `/v1/connections/${segment(id)}`, options)) as Connection;
  }

  /** Ends a connection for good, as when its person deletes their account with you. */
  async revokeConnection(id: string, options: CallOptions = {}): Promise<void> {
    await this.#app("DELETE", `/v1/connections/${segment(id)}`, options);
  }

  /** What your app's connections used and cost. */
  async usage(query: UsageQuery = {}, options: CallOptions = {}): Promise<UsageReport> {
    return (await this.#app("GET", `/v1/usage${queryString(query)}`, options)) as UsageReport;
  }

  async #app(method: "GET" | "DELETE", path: string, options: CallOptions): Promise<unknown> {
    return (await this.#transport.json(this.#appCall(method, path, options))).data;
  }

  async #post(path: string, body: unknown, options: WriteOptions): Promise<unknown> {
    const idempotencyKey = options.idempotencyKey ?? crypto.randomUUID();
    return (await this.#transport.json({ ...this.#appCall("POST", path, options), body, idempotencyKey }))
      .data;
  }

  #appCall(method: Call["method"], path: string, options: CallOptions): Call {
    const timeoutMs = this.#timeoutMs ?? API_TIMEOUT_MS;
    return { method, path, authorization: this.#appAuthorization, repeatable: true, timeoutMs, options };
  }

  async #complete(call: Call): Promise<ChatCompletion> {
    const { data, headers } = await this.#transport.json(call);
    return { ...asObject(data), relay: reportOf(headers) } as ChatCompletion;
  }

  async #stream(call: Call): Promise<ChatStream> {
    const answer = await this.#transport.open(call);
    const { response, watch } = answer;
    if (response.ok && response.headers.get("content-type")?.startsWith("text/event-stream")) {
      return new ChatStream(answer);
    }
    try {
      dataOf(response, await response.text()); // throws for every refusal
    } catch (error) {
      throw watch.explain(error);
    } finally {
      watch.end();
    }
    throw new ConnectionFailedError("The relay answered without a stream.");
  }
}

/** Refuses early what can't be a credential of this kind; fetch would quote one with a line break in its own exception. */
function checkCredential(value: unknown, prefix: string, name: string): void {
  if (typeof value === "string" && value.startsWith(prefix) && PRINTABLE.test(value)) return;
  throw new UsageError(`${name} must be the whole ${prefix}… string that 1Relay gave you.`);
}

function segment(id: string): string {
  if (!/^[a-z]{3}_[0-9A-Za-z_]{16,40}$/.test(id))
    throw new UsageError("This is not an id that 1Relay gave out.");
  return id;
}

function queryString(query: object): string {
  const pairs = Object.entries(query as Record<string, unknown>)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]): [string, string] => [name, Array.isArray(value) ? value.join(",") : String(value)]);
  return pairs.length ? `?${new URLSearchParams(pairs).toString()}` : "";
}
