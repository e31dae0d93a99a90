import assert from "node:assert/strict";
import { test } from "node:test";

import { OneRelayClient } from "../src/index.js";
import { ACCESS_TOKEN, LocalRelay, ok, PUBLIC_TOKEN, sendJson } from "./localRelay.js";

const ANSWERS: Record<string, unknown> = {
  "/v1/link/sessions": { id: "lks_0123456789abcdefghijkl", linkToken: "1r_lt_" + "l".repeat(49) },
  "/v1/link/exchange": { accessToken: ACCESS_TOKEN },
  "/v1/proxy/chat/completions": { choices: [{ index: 0, message: { role: "assistant", content: "Hi" } }] },
};

test("the server code of the original documentation page runs as written", async () => {
  await using relay = await LocalRelay.start((response, request) => {
    sendJson(response, 200, ok(ANSWERS[request.url]));
  });
  const publicToken = PUBLIC_TOKEN;

  const client = new OneRelayClient({
    clientId: "1r_cid_...",
    clientSecret: "1r_cs_...",
    baseUrl: relay.url,
  });

  // 1. Create a link session
  const session = await client.createLinkSession({
    requestedProviders: ["openai", "anthropic"],
    budgetSuggestionCents: 1000, // $10/month suggestion
  });

  // 2. Exchange public token for access token
  const { accessToken } = await client.exchangePublicToken(publicToken);

  // 3. Make AI calls through 1Relay
  const response = await client.chatCompletion({
    accessToken,
    provider: "openai",
    model: "gpt-4o",
    messages: [{ role: "user", content: "Hello!" }],
  });

  assert.ok(session.linkToken.startsWith("1r_lt_"));
  assert.equal(response.choices[0]?.message.content, "Hi");
  assert.deepEqual(
    relay.received.map(({ url }) => url),
    Object.keys(ANSWERS),
  );
});
