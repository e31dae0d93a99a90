import assert from "node:assert/strict";
import { test } from "node:test";

import {
  AbortedError,
  ConnectionFailedError,
  RateLimitError,
  ServerError,
  TimeoutError,
} from "../src/index.js";
import { CHAT, CONNECTION_ID, LocalRelay, ok, PUBLIC_TOKEN, refusal, sendJson } from "./localRelay.js";

const DONE = ok({ id: "c", choices: [] });

for (const [status, code] of [
  [429, "rate_limited"],
  [503, "service_unavailable"],
] as const) {
  test(`${status} with Retry-After is tried again, also a chat`, async () => {
    await using relay = await LocalRelay.start((response, _, count) => {
      if (count < 3) sendJson(response, status, refusal(code), { "retry-after": "0" });
      else sendJson(response, 200, DONE);
    });
    await relay.client().chatCompletion(CHAT);
    assert.equal(relay.received.length, 3);
  });
}

test("the wait is the one the relay asked for", async () => {
  await using relay = await LocalRelay.start((response, _, count) => {
    if (count === 1) sendJson(response, 429, refusal("rate_limited"), { "retry-after": "1" });
    else sendJson(response, 200, DONE);
  });
  const start = performance.now();
  await relay.client().chatCompletion(CHAT);
  assert.ok(performance.now() - start >= 950);
});

const neverAgain: [string, number, Record<string, string>][] = [
  ["429 without Retry-After", 429, {}],
  ["429 with a wait of an hour", 429, { "retry-after": "3600" }],
  ["503 that says not to", 503, { "retry-after": "0", "x-should-retry": "false" }],
  ["402", 402, { "retry-after": "0" }],
  ["409", 409, { "retry-after": "0" }],
  ["500", 500, { "retry-after": "0" }],
];
for (const [name, status, headers] of neverAgain) {
  test(`${name} is not tried again`, async () => {
    await using relay = await LocalRelay.start((response) => {
      sendJson(response, status, refusal("some_code"), headers);
    });
    await assert.rejects(relay.client().chatCompletion(CHAT));
    assert.equal(relay.received.length, 1);
  });
}

test("maxRetries bounds the tries and the last error is thrown", async () => {
  await using relay = await LocalRelay.start((response) => {
    sendJson(response, 429, refusal("rate_limited"), { "retry-after": "0" });
  });
  await assert.rejects(relay.client({ maxRetries: 1 }).usage(), RateLimitError);
  assert.equal(relay.received.length, 2);
  await assert.rejects(relay.client({ maxRetries: 0 }).usage(), RateLimitError);
  assert.equal(relay.received.length, 3);
});

test("a broken connection is tried again where that is safe, with the same idempotency key", async () => {
  await using relay = await LocalRelay.start((response, _, count) => {
    if (count % 2 === 1) response.destroy();
    else sendJson(response, 200, ok({}));
  });
  const client = relay.client();
  await client.getConnection(CONNECTION_ID);
  await client.revokeConnection(CONNECTION_ID);
  await client.exchangePublicToken(PUBLIC_TOKEN);
  assert.equal(relay.received.length, 6);
  const keys = relay.received.slice(4).map(({ headers }) => headers["idempotency-key"]);
  assert.ok(keys[0]);
  assert.equal(keys[0], keys[1]);
});

test("a chat whose connection breaks is not sent twice", async () => {
  await using relay = await LocalRelay.start((response) => {
    response.destroy();
  });
  await assert.rejects(relay.client().chatCompletion(CHAT), ConnectionFailedError);
  await assert.rejects(relay.client().chatCompletion({ ...CHAT, stream: true }), ConnectionFailedError);
  assert.equal(relay.received.length, 2);
});

test("a silent relay ends in a TimeoutError, once", async () => {
  await using relay = await LocalRelay.start(() => undefined);
  await assert.rejects(relay.client({ timeoutMs: 50 }).usage(), TimeoutError);
  await assert.rejects(relay.client().usage({}, { timeoutMs: 50 }), TimeoutError);
  assert.equal(relay.received.length, 2);
});

test("the caller's signal ends a call and the wait before a retry", async () => {
  await using relay = await LocalRelay.start((response, request) => {
    if (request.url.includes("usage")) return;
    sendJson(response, 503, refusal("service_unavailable"), { "retry-after": "20" });
  });
  const client = relay.client();
  await assert.rejects(client.usage({}, { signal: AbortSignal.timeout(30) }), AbortedError);
  await assert.rejects(client.listConnections({}, { signal: AbortSignal.timeout(60) }), AbortedError);
  await assert.rejects(client.listConnections({}, { signal: AbortSignal.abort() }), AbortedError);
});

test("redirects are not followed: the credential goes nowhere else", async () => {
  await using elsewhere = await LocalRelay.start((response) => {
    sendJson(response, 200, ok({}));
  });
  await using relay = await LocalRelay.start((response) => {
    response.writeHead(307, { location: elsewhere.url }).end();
  });
  await assert.rejects(relay.client({ maxRetries: 0 }).usage(), ConnectionFailedError);
  assert.equal(elsewhere.received.length, 0);
});

test("a server error carries its class when no try is left", async () => {
  await using relay = await LocalRelay.start((response) => {
    sendJson(response, 503, refusal("service_unavailable"), { "retry-after": "0" });
  });
  await assert.rejects(relay.client().listConnections(), ServerError);
  assert.equal(relay.received.length, 3);
});
