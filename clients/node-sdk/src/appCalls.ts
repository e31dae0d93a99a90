import { dataOf } from "./answer.js";
import type { Call, Transport } from "./transport.js";
import type { CallOptions, WriteOptions } from "./types.js";

const API_TIMEOUT_MS = 30_000;

/** Calls that an app makes in its own name, with its secret. */
export class AppCalls {
  readonly #transport: Transport;
  readonly #authorization: string;
  readonly #timeoutMs: number;

  constructor(transport: Transport, clientId: string, clientSecret: string, timeoutMs: number | undefined) {
    this.#transport = transport;
    this.#authorization = `Basic ${btoa(`${clientId}:${clientSecret}`)}`;
    this.#timeoutMs = timeoutMs ?? API_TIMEOUT_MS;
  }

  /** Reads, or ends for good: doing so twice is as doing it once. */
  repeatable(method: "GET" | "DELETE", path: string, options: CallOptions): Promise<unknown> {
    return this.#data(this.#call(method, path, options));
  }

  /** Makes something, once by its idempotency key, whatever happens to the connection. */
  post(path: string, body: unknown, options: WriteOptions): Promise<unknown> {
    const idempotencyKey = options.idempotencyKey ?? crypto.randomUUID();
    return this.#data({ ...this.#call("POST", path, options), body, idempotencyKey });
  }

  /** For what the relay knows no idempotency of. */
  postOnce(path: string, body: unknown, options: CallOptions): Promise<unknown> {
    return this.#data({ ...this.#call("POST", path, options), body, repeatable: false });
  }

  async #data(call: Call): Promise<unknown> {
    return (await this.#transport.whole(call, dataOf)).value;
  }

  #call(method: Call["method"], path: string, options: CallOptions): Call {
    const authorization = this.#authorization;
    return { method, path, authorization, repeatable: true, timeoutMs: this.#timeoutMs, options };
  }
}
