import { asObject, dataOf, reportOf } from "./answer.js";
import { ConnectionFailedError } from "./errors.js";
import { ChatStream } from "./streaming.js";
import type { Call, Transport } from "./transport.js";
import type { ChatCompletion } from "./types.js";

/** A chat's whole answer, with what the relay reports of it. */
export async function wholeChat(transport: Transport, call: Call): Promise<ChatCompletion> {
  const { value, headers } = await transport.whole(call, dataOf);
  return { ...asObject(value), relay: reportOf(headers) } as ChatCompletion;
}

/** A chat's answer as it comes. A refusal before it began is thrown here, a later one from the loop. */
export async function streamedChat(transport: Transport, call: Call): Promise<ChatStream> {
  const answer = await transport.open(call);
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
