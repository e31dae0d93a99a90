import { parseObject, reportOf, streamFailureOf, wholeNumber } from "./answer.js";
import { ConnectionFailedError, UsageError } from "./errors.js";
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
      if (!done) throw watch.explain(error); // after the end mark only the cost can get lost
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
    if (event.event === "error" || value?.["error"]) {
      throw streamFailureOf(value, this.#answer.response.headers);
    }
    if (!value) throw new ConnectionFailedError("The stream contains something that is not JSON.");
    return value as unknown as ChatCompletionChunk;
  }
}

/** Cost and remaining budget from the comment the relay ends a stream with. */
function reportInComment(comment: string): Partial<CallReport> {
  const [, cost, remaining] =
    /^1relay cost-micros=(\d+) budget-remaining-micros=(-?\d+)$/.exec(comment) ?? [];
  if (cost === undefined) return {};
  return { costMicros: wholeNumber(cost), budgetRemainingMicros: wholeNumber(remaining) };
}
