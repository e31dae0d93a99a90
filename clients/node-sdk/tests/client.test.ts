import assert from "node:assert/strict";
import { test } from "node:test";

import { ConnectionFailedError, OneRelayClient, UsageError } from "../src/index.js";
import {
  ACCESS_TOKEN,
  CHAT,
  CLIENT_ID,
  CLIENT_SECRET,
  CONNECTION_ID,
  LocalRelay,
  ok,
  PUBLIC_TOKEN,
  sendJson,
} from "./localRelay.js";

const BASIC = `Basic ${Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString("base64")}`;

test("each call uses the path, method and credential of the API", async () => {
  await using relay = await LocalRelay.start((response, request) => {
    sendJson(response, 200, ok({ path: request.url }));
  });
  const client = relay.client();
  await client.createLinkSession({ requestedProviders: ["openai"], budgetSuggestionCents: 1000 });
  await client.getLinkSession("lks_0123456789abcdefghijkl");
  await client.exchangePublicToken(PUBLIC_TOKEN);
  await client.listConnections({ provider: "openai", status: "active" });
  await client.getConnection(CONNECTION_ID);
  await client.revokeConnection(CONNECTION_ID);
  await client.usage({ groupBy: ["day", "model"], from: "2026-11-01" });
  assert.deepEqual(
    relay.received.map(({ method, url }) => `${method} ${url}`),
    [
      "POST /v1/link/sessions",
      "GET /v1/link/sessions/lks_0123456789abcdefghijkl",
      "POST /v1/link/exchange",
      "GET /v1/connections?provider=openai&status=active",
      `GET /v1/connections/${CONNECTION_ID}`,
      `DELETE /v1/connections/${CONNECTION_ID}`,
      "GET /v1/usage?groupBy=day%2Cmodel&from=2026-11-01",
    ],
  );
  for (const { headers } of relay.received) assert.equal(headers.authorization, BASIC);
});

test("an exchange sends its token, the visitor and a fresh idempotency key", async () => {
  await using relay = await LocalRelay.start((response) => {
    sendJson(response, 200, ok({ accessToken: ACCESS_TOKEN, connectionId: CONNECTION_ID }));
  });
  const client = relay.client();
  const { accessToken } = await client.exchangePublicToken({
    publicToken: PUBLIC_TOKEN,
    clientUserId: "visitor-1",
  });
  await client.exchangePublicToken(PUBLIC_TOKEN, { idempotencyKey: "mine-12345678" });
  assert.equal(accessToken, ACCESS_TOKEN);
  const [first, second] = relay.received;
  assert.deepEqual(JSON.parse(first!.body), { publicToken: PUBLIC_TOKEN, clientUserId: "visitor-1" });
  assert.match(String(first!.headers["idempotency-key"]), /^[0-9a-f-]{36}$/);
  assert.equal(second!.headers["idempotency-key"], "mine-12345678");
});

test("the sandbox links once by its key, and fires but never twice", async () => {
  await using relay = await LocalRelay.start((response, { url }, count) => {
    if (count === 1 || count === 4) response.destroy();
    else if (url.endsWith("link")) sendJson(response, 201, ok({ publicToken: PUBLIC_TOKEN }));
    else sendJson(response, 201, ok({ status: "pending" }));
  });
  const { sandbox } = relay.client();
  const { publicToken } = await sandbox.link({ outcome: "dies", budgetCents: 100 });
  assert.equal(publicToken, PUBLIC_TOKEN);
  const event = { connectionId: CONNECTION_ID, type: "key.invalid" } as const;
  assert.equal((await sandbox.fire(event)).status, "pending");
  await assert.rejects(sandbox.fire(event), ConnectionFailedError);
  assert.deepEqual(
    relay.received.map(({ url, body }) => [url, JSON.parse(body) as unknown]),
    [
      ["/v1/sandbox/link", { outcome: "dies", budgetCents: 100 }],
      ["/v1/sandbox/link", { outcome: "dies", budgetCents: 100 }],
      ["/v1/sandbox/fire", event],
      ["/v1/sandbox/fire", event],
    ],
  );
  const keys = relay.received.map(({ headers }) => headers["idempotency-key"]);
  assert.equal(keys[0], keys[1]);
  assert.deepEqual([typeof keys[0], keys[2]], ["string", undefined]);
});

test("a chat bears the access token in its header alone and reports cost and budget", async () => {
  await using relay = await LocalRelay.start((response) => {
    const choices = [{ index: 0, message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }];
    sendJson(response, 200, ok({ id: "c1", choices }), {
      "x-1relay-cost-micros": "12",
      "x-1relay-budget-remaining-micros": "9988",
    });
  });
  const answer = await relay.client().chatCompletion({ ...CHAT, temperature: 0.5 });
  assert.equal(answer.choices[0]?.message.content, "Hello");
  assert.deepEqual(answer.relay, {
    requestId: "req_fromheader",
    costMicros: 12,
    budgetRemainingMicros: 9988,
  });
  const [request] = relay.received;
  assert.equal(request!.headers.authorization, `Bearer ${ACCESS_TOKEN}`);
  assert.deepEqual(JSON.parse(request!.body), {
    provider: CHAT.provider,
    model: CHAT.model,
    messages: CHAT.messages,
    temperature: 0.5,
  });
});

test("a base URL with a path and a closing slash works", async () => {
  await using relay = await LocalRelay.start((response) => {
    sendJson(response, 200, ok({ items: [], nextCursor: null }));
  });
  await relay.client({ baseUrl: `${relay.url}/relay/` }).listConnections();
  assert.equal(relay.received[0]?.url, "/relay/v1/connections");
});

test("fetch can be replaced", async () => {
  const asked: string[] = [];
  const client = new OneRelayClient({
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    baseUrl: "https://relay.example",
    fetch: (input) => {
      asked.push(input instanceof Request ? input.url : input.toString());
      return Promise.resolve(Response.json(ok({ items: [], nextCursor: null })));
    },
  });
  assert.deepEqual(await client.listConnections(), { items: [], nextCursor: null });
  assert.deepEqual(asked, ["https://relay.example/v1/connections"]);
});

test("what cannot work is refused before anything is sent", async () => {
  const options = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, baseUrl: "http://127.0.0.1:1" };
  const wrong = [
    { ...options, clientId: CLIENT_SECRET },
    { ...options, clientSecret: "" },
    { ...options, baseUrl: "relay.example" },
    { ...options, baseUrl: "ftp://relay.example" },
    { ...options, baseUrl: "https://me:secret@relay.example" },
    { ...options, baseUrl: "https://relay.example?key=1" },
  ];
  for (const each of wrong) assert.throws(() => new OneRelayClient(each), UsageError);
  const client = new OneRelayClient(options);
  await assert.rejects(client.exchangePublicToken(ACCESS_TOKEN), UsageError);
  await assert.rejects(client.chatCompletion({ ...CHAT, accessToken: PUBLIC_TOKEN }), UsageError);
  await assert.rejects(client.getConnection("../keys"), UsageError);
});
