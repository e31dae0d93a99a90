import { asObject, failureOf, parseObject, reportOf, wholeNumber } from "./answer.js";
import { STATUS_OF_CODE } from "./codes.js";
import { ConnectionFailedError, UsageError, type ApiError } from "./errors.js";
import { EventParser, type ServerSentEvent } from "./sse.js";
import type { Answer } from "./transport.js";
import type { CallReport, ChatCompletionChunk } from "./types.js";

/**
 * A streamed answer: `for await (const chunk of stream)`. It can be read once; leaving the loop ends the call at the relay and at the
 * provider. An error inside the stream is thrown from the loop, as is a stream that stops without its end mark.
 */
export class ChatStream implements AsyncIterable<ChatCompletionChunk> {
  readonly #answer: Answer;
  readonly #parser = new EventParser();
  #taken = false;

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  /** The remaining budget is known from the start (less what this call holds), the cost once the stream has ended. */
  get relay(): CallReport {
    const report = reportOf(this.#answer.response.headers);
    const final = reportInComment(this.#parser.lastComment);
    return { ...report, ...final };
  }

  /** Ends the call when nobody will read (the rest of) it. */
  abort(): void {
    this.#taken = true;
    this.#answer.watch.end();
  }

  [Symbol.asyncIterator](): AsyncGenerator<ChatCompletionChunk, void, undefined> {
    if (this.#taken) throw new UsageError("This stream has been read or aborted; make a new call.");
    this.#taken = true;
    return this.#chunks();
  }

  async *#chunks(): AsyncGenerator<ChatCompletionChunk, void, undefined> {
    const { watch } = this.#answer;
    let done = false;
    try {
      for await (const event of this.#events()) {
        if (done) continue; // what follows the end mark is the relay's closing comment
        if (event.data === "[DONE]") done = true;
        else yield this.#chunk(event);
      }
    } catch (error) {
      throw watch.explain(error);
    } finally {
      watch.end();
    }
    if (!done) throw new ConnectionFailedError("The stream stopped before its end.");
  }

  async *#events(): AsyncGenerator<ServerSentEvent, void, undefined> {
    const { response, watch } = this.#answer;
    for await (const bytes of response.body ?? []) {
      watch.touch();
      yield* this.#parser.push(bytes);
    }
  }

  #chunk(event: ServerSentEvent): ChatCompletionChunk {
    const value = parseObject(event.data);
    if (event.event === "error" || value?.["error"] !== undefined) throw this.#failure(value);
    if (!value) throw new ConnectionFailedError("The stream contains something that is not JSON.");
    return value as unknown as ChatCompletionChunk;
  }

  /** The status line is long gone, so the status comes from the code; a provider's own error counts as a bad gateway. */
  #failure(value: Record<string, unknown> | null): ApiError {
    const code = asObject(value?.["error"])?.["code"];
    const status =
      typeof code === "string" && Object.hasOwn(STATUS_OF_CODE, code) ? STATUS_OF_CODE[code] : undefined;
    return failureOf(status ?? 502, value, this.#answer.response.headers);
  }
}

/** Cost and remaining budget from the comment the relay ends a stream with. */
function reportInComment(comment: string): Partial<CallReport> {
  const [, cost, remaining] =
    /^1relay cost-micros=(\d+) budget-remaining-micros=(-?\d+)$/.exec(comment) ?? [];
  if (cost === undefined) return {};
  return { costMicros: wholeNumber(cost), budgetRemainingMicros: wholeNumber(remaining) };
}
