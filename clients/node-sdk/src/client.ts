import { passedThrough, reportOf } from "./answer.js";
import { AppCalls } from "./appCalls.js";
import { streamedChat, wholeChat } from "./chat.js";
import { checkCredential, checkedBaseUrl, providerSegment, queryString, segment } from "./checks.js";
import { embeddingsPath } from "./embeddingsPath.js";
import { UsageError } from "./errors.js";
import { SDK_BASES, unprinted, type GoogleSdkOptions, type SdkOptions } from "./officialSdks.js";
import type { OneRelayOptions, Person } from "./options.js";
import { passthroughTo, type Passthrough } from "./passthrough.js";
import { sandboxOf, type Sandbox } from "./sandbox.js";
import type { ChatStream } from "./streaming.js";
import { Transport, type Call } from "./transport.js";
import type {
  CallOptions,
  ChatCompletion,
  ChatParams,
  Connection,
  ConnectionQuery,
  Embeddings,
  EmbeddingsParams,
  Exchange,
  LinkSession,
  LinkSessionParams,
  LinkSessionStatus,
  Page,
  UsageQuery,
  UsageReport,
  WriteOptions,
} from "./types.js";
import { webhooks } from "./webhooks.js";

/** Models that think first can take minutes to their first byte. */
const CHAT_TIMEOUT_MS = 600_000;

/** A client of one relay for one registered app. It belongs on a server: it holds the app's secret. */
export class OneRelayClient {
  /** Needs no credential of the app's: also exported by itself, for a server that only listens. */
  readonly webhooks = webhooks;
  /** For tests: a connection without a browser, and webhooks on demand. */
  readonly sandbox: Sandbox;
  readonly #baseUrl: string;
  readonly #fetch: typeof fetch;
  /** For official SDKs, which otherwise choose their own. */
  readonly #ownFetch: { fetch?: typeof fetch };
  readonly #transport: Transport;
  readonly #app: AppCalls;
  readonly #timeoutMs: number | undefined;

  constructor(options: OneRelayOptions) {
    if ("window" in globalThis && "document" in globalThis) {
      throw new UsageError(
        "OneRelayClient holds your client secret: use it on your server, never in a browser.",
      );
    }
    checkCredential(options.clientId, "1r_cid_", "clientId");
    checkCredential(options.clientSecret, "1r_cs_", "clientSecret");
    this.#baseUrl = checkedBaseUrl(options.baseUrl);
    this.#fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
    this.#ownFetch = options.fetch ? { fetch: options.fetch } : {};
    this.#transport = new Transport(this.#baseUrl, this.#fetch, options.maxRetries ?? 2);
    this.#timeoutMs = options.timeoutMs;
    this.#app = new AppCalls(this.#transport, options.clientId, options.clientSecret, options.timeoutMs);
    this.sandbox = sandboxOf(this.#app);
  }

  /** Opens a link session; give its `linkToken` to your page, where the Link SDK shows it to the person. */
  async createLinkSession(params: LinkSessionParams, options: WriteOptions = {}): Promise<LinkSession> {
    return (await this.#app.post("/v1/link/sessions", params, options)) as LinkSession;
  }

  /** How far a link session has come, for instance after its callback got lost. */
  async getLinkSession(id: string, options: CallOptions = {}): Promise<LinkSessionStatus> {
    return (await this.#app.repeatable(
      "GET",
      `/v1/link/sessions/${segment(id)}`,
      options,
    )) as LinkSessionStatus;
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
    return (await this.#app.post("/v1/link/exchange", body, options)) as Exchange;
  }

  /** One chat call on a person's behalf; with `stream: true` an async iterable of chunks. */
  chatCompletion(params: ChatParams & { stream: true }, options?: CallOptions): Promise<ChatStream>;
  chatCompletion(params: ChatParams & { stream?: false }, options?: CallOptions): Promise<ChatCompletion>;
  chatCompletion(params: ChatParams, options?: CallOptions): Promise<ChatCompletion | ChatStream>;
  async chatCompletion(params: ChatParams, options: CallOptions = {}): Promise<ChatCompletion | ChatStream> {
    const { accessToken, ...body } = params;
    const call = this.#grantCall("/v1/proxy/chat/completions", accessToken, body, options);
    return body.stream ? streamedChat(this.#transport, call) : wholeChat(this.#transport, call);
  }

  /** Texts as vectors. For Google, whose format is another, use `google` or `passthrough`. */
  async embeddings(params: EmbeddingsParams, options: CallOptions = {}): Promise<Embeddings> {
    const { accessToken, provider, ...body } = params;
    const path = `/v1/proxy/passthrough/${providerSegment(provider)}${embeddingsPath(provider)}`;
    const call = this.#grantCall(path, accessToken, body, options);
    const { value, headers } = await this.#transport.whole(call, passedThrough(provider));
    return { ...value, relay: reportOf(headers) } as Embeddings;
  }

  /** A provider's own API, for calls this SDK has no method for. */
  passthrough(provider: string, { accessToken }: Person): Passthrough {
    checkCredential(accessToken, "1r_at_", "accessToken");
    const base = `${this.#baseUrl}/v1/proxy/passthrough/${providerSegment(provider)}`;
    return passthroughTo(base, accessToken, this.#fetch);
  }

  /** `new OpenAI(client.openai({ accessToken }))`: everything of OpenAI's that the relay lets through. */
  openai(person: Person): SdkOptions {
    return this.#sdk("openai", person);
  }

  /** `new OpenAI(client.openaiCompatible({ accessToken }))`: chats with every granted provider; `model` is "provider/model". */
  openaiCompatible(person: Person): SdkOptions {
    return this.#sdk("openaiCompatible", person);
  }

  /** `new Anthropic(client.anthropic({ accessToken }))` */
  anthropic(person: Person): SdkOptions {
    return this.#sdk("anthropic", person);
  }

  /** `new Groq(client.groq({ accessToken }))` */
  groq(person: Person): SdkOptions {
    return this.#sdk("groq", person);
  }

  /** `new GoogleGenAI(client.google({ accessToken }))`. Google's SDK uses the global fetch. */
  google(person: Person): GoogleSdkOptions {
    const { apiKey, baseURL } = this.#sdk("google", person);
    return unprinted({ apiKey, httpOptions: { baseUrl: baseURL }, vertexai: false });
  }

  /** The connections of your app. */
  async listConnections(query: ConnectionQuery = {}, options: CallOptions = {}): Promise<Page<Connection>> {
    return (await this.#app.repeatable(
      "GET",
      `/v1/connections${queryString(query)}`,
      options,
    )) as Page<Connection>;
  }

  async getConnection(id: string, options: CallOptions = {}): Promise<Connection> {
    return (await this.#app.repeatable("GET", `/v1/connections/${segment(id)}`, options)) as Connection;
  }

  /** Ends a connection for good, as when its person deletes their account with you. */
  async revokeConnection(id: string, options: CallOptions = {}): Promise<void> {
    await this.#app.repeatable("DELETE", `/v1/connections/${segment(id)}`, options);
  }

  /** What your app's connections used and cost. */
  async usage(query: UsageQuery = {}, options: CallOptions = {}): Promise<UsageReport> {
    return (await this.#app.repeatable("GET", `/v1/usage${queryString(query)}`, options)) as UsageReport;
  }

  /** A chat costs money, so only the relay can say that it may be sent again. */
  #grantCall(path: string, accessToken: string, body: unknown, options: CallOptions): Call {
    checkCredential(accessToken, "1r_at_", "accessToken");
    const timeoutMs = this.#timeoutMs ?? CHAT_TIMEOUT_MS;
    const authorization = `Bearer ${accessToken}`;
    return { method: "POST", path, authorization, body, repeatable: false, timeoutMs, options };
  }

  #sdk(name: keyof typeof SDK_BASES, { accessToken }: Person): SdkOptions {
    checkCredential(accessToken, "1r_at_", "accessToken");
    return unprinted({ apiKey: accessToken, baseURL: this.#baseUrl + SDK_BASES[name], ...this.#ownFetch });
  }
}
