/** The ledger as a stream that counts its lines while it passes through, so that a million calls never lie in memory as text. */
import { RelayError } from "@1relay/core";

const NEW_LINE = 10;

/** GET /v1/ledger, handed on as it comes; `onLines` hears how many more lines have come. Throws RelayError. */
export async function ledgerFile(
  form: "csv" | "jsonl",
  onLines: (count: number) => void,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const answer = await fetch(`/v1/ledger?format=${form}`, { cache: "no-store", redirect: "error" });
  if (!answer.ok || answer.body === null) {
    throw new RelayError("unreadable_answer", answer.status, REFUSED, answer.headers.get("X-Request-Id"), {});
  }
  const counting = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      onLines(chunk.reduce((count, byte) => (byte === NEW_LINE ? count + 1 : count), 0));
      controller.enqueue(chunk);
    },
  });
  return answer.body.pipeThrough(counting);
}

const REFUSED = "The relay did not hand out the calls. Reload this page and try again.";
