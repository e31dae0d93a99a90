import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inspect } from "node:util";

import { embeddingsPath } from "../src/embeddingsPath.js";
import { NotFoundError, PermissionError, ProviderError, ServerError, UsageError } from "../src/index.js";
import {
  ACCESS_TOKEN,
  beginStream,
  chunk,
  LocalRelay,
  PUBLIC_TOKEN,
  refusal,
  sendJson,
} from "./localRelay.js";

const PERSON = { accessToken: ACCESS_TOKEN };
const EMBED = { ...PERSON, provider: "openrouter", model: "m", input: ["a", "b"], dimensions: 2 };
const VECTORS = { object: "list", data: [{ object: "embedding", index: 0, embedding: [0.5] }], model: "m" };

type Provider = { id: string; dialect: string; calls: { path: string; meter?: string }[] };

test("embeddings are asked for where each provider of OpenAI's dialect serves them", () => {
  const { providers } = JSON.parse(readFileSync("spec/providers.json", "utf8")) as { providers: Provider[] };
  const serving = providers
    .filter(({ dialect }) => dialect === "openai")
    .flatMap(({ id, calls }) =>
      calls.filter(({ path }) => path.endsWith("/embeddings")).map(({ path }) => [id, path] as const),
    );
  assert.ok(serving.length > 5);
  assert.deepEqual(
    serving.map(([id]) => embeddingsPath(id)),
    serving.map(([, path]) => path),
  );
});

test("embeddings pass the provider's own call and answer, with cost and budget", async () => {
  await using relay = await LocalRelay.start((response) => {
    sendJson(response, 200, VECTORS, { "x-1relay-cost-micros": "3" });
  });
  const answer = await relay.client().embeddings(EMBED);
  assert.deepEqual(answer, {
    ...VECTORS,
    relay: { requestId: "req_fromheader", costMicros: 3, budgetRemainingMicros: null },
  });
  const [request] = relay.received;
  assert.equal(request!.url, "/v1/proxy/passthrough/openrouter/api/v1/embeddings");
  assert.deepEqual(JSON.parse(request!.body), { model: "m", input: ["a", "b"], dimensions: 2 });
});

test("a refusal on the way is the relay's where it is marked, else the provider's", async () => {
  const answers: [number, unknown, Record<string, string>, new (...given: never[]) => Error, string][] = [
    [
      403,
      refusal("path_not_allowed"),
      { "x-1relay-error": "path_not_allowed" },
      PermissionError,
      "path_not_allowed",
    ],
    // As Google's SDK reads it: its code is a number.
    [
      404,
      { error: { code: 404, message: "no" } },
      { "x-1relay-error": "not_found" },
      NotFoundError,
      "not_found",
    ],
    [429, { error: { message: "slow down" } }, {}, ProviderError, "provider_error"],
    [502, "<html>", {}, ServerError, "unknown"],
  ];
  for (const [status, body, headers, kind, code] of answers) {
    await using relay = await LocalRelay.start((response) => {
      sendJson(response, status, body, headers);
    });
    await assert.rejects(relay.client().embeddings(EMBED), (error: unknown) => {
      assert.ok(error instanceof kind, inspect(error));
      assert.equal((error as unknown as { code: string }).code, code);
      return true;
    });
  }
});

test("passthrough puts base URL and token in, keeps the rest, and takes no other address", async () => {
  await using relay = await LocalRelay.start((response) => {
    sendJson(response, 418, { own: "answer" });
  });
  const through = relay.client({ baseUrl: `${relay.url}/relay` }).passthrough("google", PERSON);
  assert.equal(through.baseURL, `${relay.url}/relay/v1/proxy/passthrough/google`);
  const answer = await through.fetch("/v1beta/models?pageSize=2", {
    headers: { "x-goog-api-key": "mine", "X-Extra": "kept" },
  });
  assert.deepEqual([answer.status, await answer.json()], [418, { own: "answer" }]);
  await through.fetch(new URL(`${through.baseURL}/v1/x`), { method: "POST", body: '{"a":1}' });
  await through.fetch(new Request(`${through.baseURL}/v1/y`, { method: "POST", body: '{"b":2}' }));
  const seen = relay.received.map(({ method, url, body }) => `${method} ${url} ${body}`.trim());
  const base = "/relay/v1/proxy/passthrough/google";
  assert.deepEqual(seen, [
    `GET ${base}/v1beta/models?pageSize=2`,
    `POST ${base}/v1/x {"a":1}`,
    `POST ${base}/v1/y {"b":2}`,
  ]);
  for (const { headers } of relay.received) {
    assert.equal(headers.authorization, `Bearer ${ACCESS_TOKEN}`);
    assert.equal(headers["x-goog-api-key"], undefined);
  }
  assert.equal(relay.received[0]!.headers["x-extra"], "kept");
  assert.equal(relay.received[1]!.headers["content-type"], "application/json");

  const count = relay.received.length;
  const elsewhere = [
    "https://other.example/v1",
    "//other.example/v1",
    "v1/models",
    "/../../../v1/connections",
  ];
  for (const wrong of [...elsewhere, `${relay.url}/v1/usage`, "/%2e%2e/openai/v1/models"])
    await assert.rejects(through.fetch(wrong), UsageError);
  assert.throws(() => relay.client().passthrough("../keys", PERSON), UsageError);
  assert.throws(() => relay.client().passthrough("openai", { accessToken: PUBLIC_TOKEN }), UsageError);
  assert.equal(relay.received.length, count);
});

test("passthrough streams up and down as things come", async () => {
  await using relay = await LocalRelay.start((response) => {
    beginStream(response).write(chunk("first"));
    setTimeout(() => response.end(chunk("last")), 200);
  });
  const up = new ReadableStream<Uint8Array>({
    async start(controller) {
      for (const piece of ['{"text":"', "é🦊", '"}']) {
        for (const byte of new TextEncoder().encode(piece)) controller.enqueue(Uint8Array.of(byte));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      controller.close();
    },
  });
  const { fetch } = relay.client().passthrough("openai", PERSON);
  const answer = await fetch("/v1/chat/completions", { method: "POST", body: up });
  const pieces: string[] = [];
  for await (const bytes of answer.body!) pieces.push(new TextDecoder().decode(bytes));
  assert.deepEqual(pieces, [chunk("first"), chunk("last")]);
  assert.deepEqual(JSON.parse(relay.received[0]!.body), { text: "é🦊" });
});

test("options for official SDKs are what they take, and one's own fetch comes along", async () => {
  await using relay = await LocalRelay.start((response) => {
    sendJson(response, 200, {});
  });
  const client = relay.client();
  const at = (path: string) => ({ apiKey: ACCESS_TOKEN, baseURL: relay.url + path });
  assert.deepEqual(client.openai(PERSON), at("/v1/proxy/passthrough/openai/v1"));
  assert.deepEqual(client.openaiCompatible(PERSON), at("/v1/openai"));
  assert.deepEqual(client.anthropic(PERSON), at("/v1/proxy/passthrough/anthropic"));
  assert.deepEqual(client.groq(PERSON), at("/v1/proxy/passthrough/groq"));
  assert.deepEqual(client.google(PERSON), {
    apiKey: ACCESS_TOKEN,
    httpOptions: { baseUrl: `${relay.url}/v1/proxy/passthrough/google` },
    vertexai: false,
  });
  const fetch = (): Promise<Response> => Promise.resolve(Response.json({}));
  assert.equal(relay.client({ fetch }).groq(PERSON).fetch, fetch);
  for (const name of ["openai", "openaiCompatible", "anthropic", "groq", "google"] as const)
    assert.throws(() => client[name]({ accessToken: `${ACCESS_TOKEN}\n` }), UsageError);
});

test("neither the client nor what it makes shows a token", async () => {
  await using relay = await LocalRelay.start((response) => {
    sendJson(response, 200, {});
  });
  const client = relay.client();
  const made = [client, client.passthrough("openai", PERSON), client.openai(PERSON), client.google(PERSON)];
  const printed = inspect(made, { depth: 9, showHidden: true }) + JSON.stringify(made);
  assert.ok(!printed.includes(ACCESS_TOKEN.slice(6)) && !printed.includes("s".repeat(20)), printed);
  assert.ok(printed.includes("/v1/proxy/passthrough/openai/v1"));
  assert.equal({ ...client.openai(PERSON), timeout: 5 }.apiKey, ACCESS_TOKEN);
});
