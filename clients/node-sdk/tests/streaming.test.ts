import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { test } from "node:test";

import {
  BudgetError,
  ConnectionEndedError,
  ConnectionFailedError,
  ProviderError,
  TimeoutError,
  UsageError,
  type ChatStream,
} from "../src/index.js";
import { beginStream, CHAT, chunk, LocalRelay, refusal, sendJson } from "./localRelay.js";

const STREAM = { ...CHAT, stream: true } as const;
const END = "data: [DONE]\n\n";
const COST = ": 1relay cost-micros=12 budget-remaining-micros=888\n\n";

async function textOf(stream: ChatStream): Promise<string> {
  let text = "";
  for await (const part of stream) text += part.choices[0]?.delta.content ?? "";
  return text;
}

function streaming(...parts: string[]): Promise<LocalRelay> {
  return LocalRelay.start((response) => {
    beginStream(response).end(parts.join(""));
  });
}

test("a stream is read to its end mark and then knows its cost", async () => {
  await using relay = await streaming(": open\n\n", chunk("grü"), chunk("ß 🦊"), END, COST);
  const stream = await relay.client().chatCompletion(STREAM);
  assert.equal(stream.relay.budgetRemainingMicros, 900);
  assert.equal(stream.relay.costMicros, null);
  assert.equal(await textOf(stream), "grüß 🦊");
  assert.deepEqual(stream.relay, { requestId: "req_fromheader", costMicros: 12, budgetRemainingMicros: 888 });
  assert.equal((JSON.parse(relay.received[0]!.body) as { stream: boolean }).stream, true);
});

test("writes that cut characters and lines change nothing", async () => {
  const bytes = Buffer.from(chunk("é🦊") + END);
  await using relay = await LocalRelay.start(async (response) => {
    beginStream(response);
    for (const byte of bytes) {
      response.write(Uint8Array.of(byte));
      await new Promise(setImmediate);
    }
    response.end();
  });
  assert.equal(await textOf(await relay.client().chatCompletion(STREAM)), "é🦊");
});

test("a stream is consumed once", async () => {
  await using relay = await streaming(chunk("a"), END);
  const stream = await relay.client().chatCompletion(STREAM);
  await textOf(stream);
  await assert.rejects(textOf(stream), UsageError);
});

async function endlessStream(): Promise<{ relay: LocalRelay; closed: Promise<unknown> }> {
  let seen: (response: ServerResponse) => void = () => undefined;
  const opened = new Promise<ServerResponse>((resolve) => (seen = resolve));
  const relay = await LocalRelay.start((response) => {
    beginStream(response).write(chunk("first"));
    seen(response);
  });
  return { relay, closed: opened.then((response) => once(response, "close")) };
}

test("leaving the loop ends the call at the relay", async () => {
  const { relay: server, closed } = await endlessStream();
  await using relay = server;
  for await (const part of await relay.client().chatCompletion(STREAM)) {
    assert.equal(part.choices[0]?.delta.content, "first");
    break;
  }
  await closed;
});

test("abort() and the caller's signal end the call at the relay", async () => {
  const first = await endlessStream();
  await using relay = first.relay;
  const stream = await relay.client().chatCompletion(STREAM);
  stream.abort();
  await first.closed;
  await assert.rejects(textOf(stream), UsageError);

  const second = await endlessStream();
  await using other = second.relay;
  const controller = new AbortController();
  const watched = await other.client().chatCompletion(STREAM, { signal: controller.signal });
  setTimeout(() => {
    controller.abort();
  }, 20);
  await assert.rejects(textOf(watched), { name: "AbortedError" });
  await second.closed;
});

test("an error event becomes the exception of its code", async () => {
  const event = `event: error\ndata: ${JSON.stringify(refusal("connection_revoked"))}\n\n`;
  await using relay = await streaming(chunk("a"), event);
  const stream = await relay.client().chatCompletion(STREAM);
  await assert.rejects(textOf(stream), (error: unknown) => {
    assert.ok(error instanceof ConnectionEndedError);
    assert.deepEqual([error.status, error.requestId], [401, "req_frombody"]);
    return true;
  });
});

test("a provider's error inside the stream becomes a ProviderError", async () => {
  await using relay = await streaming(chunk("a"), 'data: {"error":{"message":"overloaded"}}\n\n');
  const stream = await relay.client().chatCompletion(STREAM);
  await assert.rejects(textOf(stream), (error) => error instanceof ProviderError && error.status === 502);
});

test("a stream that stops without its end mark is an error", async () => {
  await using short = await streaming(chunk("a"));
  await assert.rejects(textOf(await short.client().chatCompletion(STREAM)), ConnectionFailedError);
  await using cut = await LocalRelay.start((response) => {
    beginStream(response).write(chunk("a"), () => response.destroy());
  });
  await assert.rejects(textOf(await cut.client().chatCompletion(STREAM)), ConnectionFailedError);
});

test("a stream that falls silent times out; one that trickles does not", async () => {
  await using relay = (await endlessStream()).relay;
  await assert.rejects(textOf(await relay.client({ timeoutMs: 200 }).chatCompletion(STREAM)), TimeoutError);
  await using slow = await LocalRelay.start(async (response) => {
    beginStream(response);
    for (let n = 0; n < 6; n += 1) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      response.write(chunk(String(n)));
    }
    response.end(END);
  });
  assert.equal(await textOf(await slow.client({ timeoutMs: 1_000 }).chatCompletion(STREAM)), "012345");
});

test("a refusal before the stream is the same exception as without streaming", async () => {
  await using relay = await LocalRelay.start((response) => {
    sendJson(response, 402, refusal("budget_exceeded"));
  });
  await assert.rejects(relay.client().chatCompletion(STREAM), BudgetError);
});
