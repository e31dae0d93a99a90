import { AbortedError, ConnectionFailedError, OneRelayError, TimeoutError } from "./errors.js";

/** Ends one request when the caller aborts or when nothing has come for `timeoutMs`, and afterwards knows which of them it was. */
export class Watch {
  readonly #controller = new AbortController();
  readonly #timeoutMs: number;
  readonly #outer: AbortSignal | undefined;
  readonly #onOuterAbort = (): void => {
    this.#stop("aborted");
  };
  #timer: NodeJS.Timeout | undefined;
  #reason: "aborted" | "timeout" | null = null;

  constructor(timeoutMs: number, outer?: AbortSignal) {
    this.#timeoutMs = timeoutMs;
    this.#outer = outer;
    if (outer?.aborted) this.#stop("aborted");
    outer?.addEventListener("abort", this.#onOuterAbort, { once: true });
    this.touch();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something came: the time starts again. */
  touch(): void {
    clearTimeout(this.#timer);
    if (!this.#reason)
      this.#timer = setTimeout(() => {
        this.#stop("timeout");
      }, this.#timeoutMs);
  }

  /** The answer is complete, or nobody wants the rest: closes what is still open. */
  end(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#onOuterAbort);
    this.#controller.abort();
  }

  /** What the exception of a broken request means. The original is not attached: it may quote what was sent. */
  explain(error: unknown): OneRelayError {
    if (error instanceof OneRelayError) return error;
    if (this.#reason === "aborted") return new AbortedError("The call was aborted.");
    if (this.#reason === "timeout") return new TimeoutError(`Nothing came within ${this.#timeoutMs} ms.`);
    return new ConnectionFailedError(`The connection to the relay failed (${networkCode(error)}).`);
  }

  #stop(reason: "aborted" | "timeout"): void {
    this.#reason ??= reason;
    this.end();
  }
}

/** The system's word for a network failure, such as ECONNREFUSED, from the cause that fetch attaches. */
function networkCode(error: unknown): string {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error;
  const code: unknown =
    typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;
  return typeof code === "string" ? code : "no answer";
}
