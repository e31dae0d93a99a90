import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inspect } from "node:util";

import { STATUS_OF_CODE } from "../src/codes.js";
import * as sdk from "../src/index.js";
import {
  ACCESS_TOKEN,
  beginStream,
  CHAT,
  CLIENT_SECRET,
  CONNECTION_ID,
  LocalRelay,
  ok,
  refusal,
  sendJson,
} from "./localRelay.js";

async function errorFor(status: number, body: unknown, headers?: Record<string, string>): Promise<unknown> {
  await using relay = await LocalRelay.start((response) => {
    sendJson(response, status, body, headers);
  });
  try {
    await relay.client({ maxRetries: 0 }).chatCompletion(CHAT);
  } catch (error) {
    return error;
  }
  return assert.fail("the call should have been refused");
}

const cases: [number, string, new (failure: sdk.Failure) => sdk.ApiError][] = [
  [400, "invalid_request", sdk.InvalidRequestError],
  [401, "invalid_token", sdk.AuthenticationError],
  [401, "connection_revoked", sdk.ConnectionEndedError],
  [401, "connection_expired", sdk.ConnectionEndedError],
  [402, "budget_exceeded", sdk.BudgetError],
  [403, "provider_not_granted", sdk.PermissionError],
  [404, "not_found", sdk.NotFoundError],
  [409, "link_consumed", sdk.ConflictError],
  [410, "link_expired", sdk.ConflictError],
  [413, "body_too_large", sdk.InvalidRequestError],
  [429, "rate_limited", sdk.RateLimitError],
  [500, "internal_error", sdk.ServerError],
  [504, "provider_timeout", sdk.ServerError],
];

for (const [status, code, Class] of cases) {
  test(`${status} ${code} becomes ${Class.name}`, async () => {
    const error = await errorFor(status, refusal(code, { which: "monthly" }), { "retry-after": "7" });
    assert.ok(error instanceof Class && error.constructor === Class);
    assert.ok(error instanceof sdk.OneRelayError);
    assert.equal(error.status, status);
    assert.equal(error.code, code);
    assert.equal(error.name, Class.name);
    assert.equal(error.message, `about ${code}`);
    assert.equal(error.requestId, "req_frombody");
    assert.deepEqual(error.details, { which: "monthly" });
    assert.equal(error.retryAfterSeconds, 7);
  });
}

test("the statuses of the codes are those of spec/errors.json", () => {
  const spec = JSON.parse(readFileSync("spec/errors.json", "utf8")) as {
    errors: { code: string; status: number }[];
  };
  const expected = Object.fromEntries(spec.errors.map(({ code, status }) => [code, status]));
  assert.deepEqual({ ...STATUS_OF_CODE }, expected);
});

test("every code of spec/errors.json becomes an error of its status's class, whole or inside a stream", async () => {
  const classOf: Record<number, new (failure: sdk.Failure) => sdk.ApiError> = {
    ...{
      401: sdk.AuthenticationError,
      402: sdk.BudgetError,
      403: sdk.PermissionError,
      404: sdk.NotFoundError,
    },
    ...{ 409: sdk.ConflictError, 410: sdk.ConflictError, 429: sdk.RateLimitError },
    ...{ 500: sdk.ServerError, 502: sdk.ServerError, 503: sdk.ServerError, 504: sdk.ServerError },
  };
  await using relay = await LocalRelay.start((response, request) => {
    const code = request.headers["x-code"] as string;
    const { stream } = JSON.parse(request.body) as { stream: boolean };
    if (!stream) sendJson(response, STATUS_OF_CODE[code]!, refusal(code));
    else beginStream(response).end(`event: error\ndata: ${JSON.stringify(refusal(code))}\n\n`);
  });
  for (const [code, status] of Object.entries(STATUS_OF_CODE)) {
    const client = relay.client({
      maxRetries: 0,
      fetch: (input, init) =>
        fetch(input, { ...init, headers: { ...(init?.headers as Record<string, string>), "x-code": code } }),
    });
    const ended = code === "connection_revoked" || code === "connection_expired";
    const expected = ended ? sdk.ConnectionEndedError : (classOf[status] ?? sdk.InvalidRequestError);
    const streamed = async (): Promise<void> => {
      for await (const part of await client.chatCompletion({ ...CHAT, stream: true }))
        assert.fail(inspect(part));
    };
    for (const call of [client.chatCompletion(CHAT), streamed()]) {
      await assert.rejects(call, (error: unknown) => {
        assert.ok(error instanceof sdk.ApiError && error.constructor === expected, code);
        assert.deepEqual([error.status, error.code, error.requestId], [status, code, "req_frombody"]);
        return true;
      });
    }
  }
});

test("a provider's own refusal is told apart from the relay's", async () => {
  const theirs = { error: { message: "Incorrect API key provided", code: "invalid_api_key" } };
  const error = await errorFor(401, theirs, { "x-1relay-provider-error": "sandbox" });
  assert.ok(error instanceof sdk.ProviderError);
  assert.equal(error.code, "provider_error");
  assert.equal(error.message, "Incorrect API key provided");
  assert.deepEqual(error.details, { provider: "sandbox", answer: theirs });
  assert.equal(error.requestId, "req_fromheader");
});

test("an answer that is not the relay's is an error, also with status 200", async () => {
  assert.ok((await errorFor(200, "<html>")) instanceof sdk.ConnectionFailedError);
  const gateway = await errorFor(502, "<html>");
  assert.ok(gateway instanceof sdk.ServerError);
  assert.deepEqual([gateway.code, gateway.requestId], ["unknown", "req_fromheader"]);
});

test("nothing printed holds a secret", async () => {
  await using relay = await LocalRelay.start((response) => {
    sendJson(response, 401, refusal("invalid_token"));
  });
  const client = relay.client({ maxRetries: 0 });
  const unreachable = relay.client({ maxRetries: 0, baseUrl: "http://127.0.0.1:1" });
  const broken = { ...CHAT, accessToken: `${ACCESS_TOKEN}\r\nx: y` };
  const thrown = await Promise.all(
    [
      client.chatCompletion(CHAT),
      client.chatCompletion({ ...CHAT, stream: true }),
      client.listConnections(),
      client.embeddings({ ...CHAT, input: "Hi" }),
      client.chatCompletion(broken),
      unreachable.chatCompletion(CHAT),
      unreachable.getConnection(CONNECTION_ID),
    ].map((call) => call.then(String, (error: unknown) => error)),
  );
  const basic = btoa(CLIENT_SECRET).slice(2, -4);
  for (const value of [client, ...thrown]) {
    const stack = value instanceof Error ? String(value.stack) : "";
    if (value instanceof Error) assert.equal(value.cause, undefined);
    const printed = [
      inspect(value, { depth: 9, showHidden: true }),
      JSON.stringify(value),
      String(value),
      stack,
    ];
    for (const secret of [CLIENT_SECRET.slice(6), ACCESS_TOKEN.slice(6), basic]) {
      for (const text of printed) assert.ok(!text.includes(secret), text);
    }
  }
  for (const error of thrown) assert.ok(error instanceof sdk.OneRelayError, inspect(error));
});

test("errors survive JSON with what support asks for", async () => {
  const error = await errorFor(402, refusal("budget_exceeded", { limitCents: 100 }));
  assert.deepEqual(JSON.parse(JSON.stringify(error)), {
    name: "BudgetError",
    message: "about budget_exceeded",
    status: 402,
    code: "budget_exceeded",
    requestId: "req_frombody",
    details: { limitCents: 100 },
    retryAfterSeconds: null,
  });
});

test("an SDK that finds itself in a browser refuses to hold a secret", async () => {
  await using relay = await LocalRelay.start((response) => {
    sendJson(response, 200, ok({}));
  });
  Object.assign(globalThis, { window: {}, document: {} });
  try {
    assert.throws(() => relay.client(), /never in a browser/);
  } finally {
    for (const name of ["window", "document"]) Reflect.deleteProperty(globalThis, name);
  }
});
