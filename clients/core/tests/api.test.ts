import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";

import { RelayApi } from "../src/api";
import { RelayError, VaultError } from "../src/errors";

const TOKEN = "1r_ut_" + "x".repeat(49);
let answer: RequestListener = () => undefined;
let seen: IncomingMessage[] = [];
let server: Server;
let origin: string;

before(async () => {
  server = createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

function answers(...replies: [status: number, body: unknown][]): RelayApi {
  seen = [];
  answer = (_request, response) => {
    const [status, body] = replies.shift() ?? [500, "no more answers"];
    response.writeHead(status, {
      "X-Request-Id": "req_fromheader",
      Date: new Date(Date.now() + 3_600_000).toUTCString(),
    });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
  return new RelayApi({ origin, token: TOKEN, timeoutMs: 300 });
}

const data = (value: unknown): [number, unknown] => [200, { success: true, data: value }];
const refusal = (status: number, code: string, more: object = {}): [number, unknown] => [
  status,
  { success: false, error: { code, message: `what ${code} means`, requestId: "req_1", ...more } },
];

async function failureOf(call: Promise<unknown>): Promise<RelayError> {
  const error: unknown = await call.then(
    () => assert.fail("it was answered"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof RelayError);
  return error;
}

test("a bearer is sent as such, without a page's headers, and data is unwrapped", async () => {
  const api = answers(data({ id: 1 }));
  assert.deepEqual(await api.post("/v1/things", { name: "x" }), { id: 1 });
  assert.equal(seen[0]?.headers.authorization, `Bearer ${TOKEN}`);
  assert.equal(seen[0].headers["x-1relay-cookie"], undefined);
  assert.equal(seen[0].headers["content-type"], "application/json");
});

test("a refusal keeps code, status, words, request id and details, and nothing of the request", async () => {
  const error = await failureOf(
    answers(refusal(409, "conflict", { details: { connections: ["a"] } })).get("/v1/x"),
  );
  assert.deepEqual(
    [error.code, error.status, error.message, error.requestId, error.details],
    ["conflict", 409, "what conflict means", "req_1", { connections: ["a"] }],
  );
  assert.ok(!JSON.stringify(error).includes(TOKEN));
});

test("what is no envelope is named, with the request id of the header where the body has none", async () => {
  for (const body of ["<html>gateway</html>", "null", "[]", { success: true, error: {} }, ""]) {
    const error = await failureOf(answers([502, body]).get("/v1/x"));
    assert.deepEqual([error.code, error.status], ["unreadable_answer", 502]);
  }
  const bare = await failureOf(answers([503, { error: { code: "service_unavailable" } }]).get("/v1/x"));
  assert.deepEqual([bare.code, bare.requestId], ["service_unavailable", "req_fromheader"]);
});

test("silence, an unreachable relay and a caller's own abort are told apart", async () => {
  const api = answers();
  answer = () => undefined;
  assert.equal((await failureOf(api.get("/v1/x"))).code, "network_timeout");
  const nobody = new RelayApi({ origin: "http://127.0.0.1:1", token: TOKEN });
  assert.equal((await failureOf(nobody.get("/v1/x"))).code, "network_unreachable");
  await assert.rejects(api.get("/v1/x", {}, { signal: AbortSignal.abort() }), { name: "AbortError" });
});

test("lists are followed to their end", async () => {
  const api = answers(data({ items: [1, 2], nextCursor: "c d" }), data({ items: [3], nextCursor: null }));
  assert.deepEqual(await api.all("/v1/keys", { provider: "openai" }), [1, 2, 3]);
  assert.deepEqual(
    seen.map((request) => request.url),
    ["/v1/keys?limit=100&provider=openai", "/v1/keys?limit=100&provider=openai&cursor=c+d"],
  );
});

test("an elevated call renews the elevation once, when it is refused, and no other refusal is repeated", async () => {
  const api = answers(refusal(403, "reauth_required"), data("done"), refusal(403, "forbidden"));
  api.elevation = { current: () => Promise.resolve("old"), renewed: () => Promise.resolve("new") };
  assert.equal(await api.post("/v1/keys", {}, { elevated: true }), "done");
  assert.equal((await failureOf(api.post("/v1/keys", {}, { elevated: true }))).code, "forbidden");
  assert.deepEqual(
    seen.map((request) => request.headers["x-1relay-elevation"]),
    ["old", "new", "old"],
  );
});

test("without a login key an elevated call is not even sent", async () => {
  const api = answers();
  await assert.rejects(api.post("/v1/keys", {}, { elevated: true }), VaultError);
  assert.equal(seen.length, 0);
});

test("the account hears of its own session's refusals, not of a link token's", async () => {
  const api = answers(refusal(401, "invalid_token"), refusal(401, "token_expired"));
  const heard: string[] = [];
  api.onRefusal = (error) => heard.push(error.code);
  await failureOf(api.get("/v1/link/session", {}, { bearer: "1r_lt_" + "x".repeat(49) }));
  await failureOf(api.get("/v1/keys"));
  assert.deepEqual(heard, ["token_expired"]);
});

test("the relay's clock is followed, not the device's", async () => {
  const api = answers(data(null));
  await api.get("/v1/x");
  assert.ok(Math.abs(api.now() - Date.now() - 3_600_000) < 5_000);
});
