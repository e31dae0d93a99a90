import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";

import { parseObject } from "./answer.js";
import { UsageError, WebhookVerificationError } from "./errors.js";
import type { WebhookEvent } from "./webhookEvents.js";

const TOLERANCE_SECONDS = 300;
const SECRET = /^whsec_([A-Za-z0-9+/]{16,}={0,2})$/;

/** Node's `request.headers`, a `Headers`, or an object with names in any case. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

export const webhooks = {
  /**
   * The event in a request, if the relay signed it (standardwebhooks.com). `body` is what came, byte for byte; JSON that was read and
   * written again has another signature. Several secrets are for the time in which you put a new one in place. The same event may come
   * twice: it has the same `webhook-id` then.
   *
   * Throws WebhookVerificationError, and UsageError for a body or secret that can't be one.
   */
  verify(
    body: string | Uint8Array,
    headers: WebhookHeaders,
    secret: string | readonly string[],
  ): WebhookEvent {
    const keys = (typeof secret === "string" ? [secret] : secret).map(keyOf);
    const bytes = bytesOf(body);
    const [id, timestamp, signatures] = ["id", "timestamp", "signature"].map((name) =>
      header(headers, `webhook-${name}`),
    );
    if (!id || !timestamp || !signatures)
      throw new WebhookVerificationError(
        "The headers webhook-id, webhook-timestamp and webhook-signature are not all there.",
      );
    checkTime(timestamp);
    const expected = keys.map((key) => signatureOf(key, `${id}.${timestamp}.`, bytes));
    if (!someEqual(signatures.split(" "), expected))
      throw new WebhookVerificationError(
        "No signature fits this body and secret. The body must be the exact bytes that came.",
      );
    return eventIn(bytes);
  },
};

function keyOf(secret: string): Buffer {
  const encoded = SECRET.exec(secret)?.[1];
  if (encoded === undefined)
    throw new UsageError("secret must be the whole whsec_… string that 1Relay gave you.");
  return Buffer.from(encoded, "base64");
}

function bytesOf(body: unknown): Uint8Array {
  if (typeof body === "string") return Buffer.from(body, "utf8");
  if (body instanceof Uint8Array) return body;
  throw new UsageError(
    "body must be the request’s text or bytes as they came, before any JSON parser (Express: express.raw).",
  );
}

function header(headers: WebhookHeaders, name: string): string | undefined {
  if (isHeaders(headers)) return headers.get(name) ?? undefined;
  const found = Object.entries(headers).find(([given]) => given.toLowerCase() === name)?.[1];
  return typeof found === "string" ? found : found?.[0];
}

/** Not by its class: other implementations of fetch have their own. */
function isHeaders(headers: WebhookHeaders): headers is Headers {
  return typeof (headers as Partial<Headers>).get === "function";
}

function checkTime(timestamp: string): void {
  const age = /^\d{1,12}$/.test(timestamp) ? Date.now() / 1000 - Number(timestamp) : NaN;
  if (Math.abs(age) <= TOLERANCE_SECONDS) return;
  throw new WebhookVerificationError(
    "webhook-timestamp is more than five minutes from now. Check this machine’s clock.",
  );
}

function signatureOf(key: Buffer, prefix: string, body: Uint8Array): Buffer {
  return Buffer.from(`v1,${createHmac("sha256", key).update(prefix).update(body).digest("base64")}`);
}

/** Compares each with each, so that the time taken tells nothing of what was close. */
function someEqual(given: string[], expected: Buffer[]): boolean {
  let found = false;
  for (const signature of given.map((text) => Buffer.from(text))) {
    for (const each of expected) {
      if (signature.length === each.length && timingSafeEqual(signature, each)) found = true;
    }
  }
  return found;
}

function eventIn(bytes: Uint8Array): WebhookEvent {
  const event = parseObject(Buffer.from(bytes).toString("utf8"));
  if (typeof event?.["type"] === "string") return event as unknown as WebhookEvent;
  throw new WebhookVerificationError("The body is signed, but is no event.");
}
