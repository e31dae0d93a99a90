// An app whose visitors bring their own AI key: Link, a streamed chat, and webhooks. Express and @1relay/node-sdk.
/* global AbortController */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import {
  AbortedError,
  ConnectionEndedError,
  OneRelayClient,
  OneRelayError,
  WebhookVerificationError,
  webhooks,
} from "@1relay/node-sdk";
import express from "express";

import { forget, forgetConnection, visitorOf } from "./visitors.mjs";

const relayUrl = process.env.RELAY_URL ?? "http://localhost:8000";
const webhookSecret = process.env.ONERELAY_WEBHOOK_SECRET; // without it, nobody can post events
const relay = new OneRelayClient({
  baseUrl: relayUrl,
  clientId: process.env.ONERELAY_CLIENT_ID,
  clientSecret: process.env.ONERELAY_CLIENT_SECRET,
});

const app = express();
app.disable("x-powered-by");

// The signature is over the exact bytes, so this route stands before express.json(), with a parser of its own.
if (webhookSecret) {
  app.post("/webhooks/1relay", express.raw({ type: "application/json" }), (request, response) => {
    const event = webhooks.verify(request.body, request.headers, webhookSecret);
    // An event may come twice. To forget twice does no harm; otherwise keep the `webhook-id`s you have seen.
    const ended = event.type === "connection.revoked" || event.type === "connection.expired";
    if (ended) forgetConnection(event.data.connectionId);
    console.log(event.type);
    response.sendStatus(204);
  });
}

app.use(express.json());

/** What the page shows. */
app.get("/api/state", (request, response) => {
  response.json({ relayUrl, connected: Boolean(visitorOf(request, response).accessToken) });
});

/** 1. A visitor pressed Connect: the page opens Link with this token. */
app.post("/api/1relay/session", async (request, response) => {
  const session = await relay.createLinkSession({
    requestedProviders: ["sandbox"], // later "openai", "anthropic", …
    budgetSuggestionCents: 500, // $5 a month
    clientUserId: visitorOf(request, response).id,
  });
  response.json({ linkToken: session.linkToken });
});

/** 2. They approved: the page sends the public token. The access token stays on this server. */
app.post("/api/1relay/exchange", async (request, response) => {
  const visitor = visitorOf(request, response);
  const { publicToken } = request.body ?? {};
  const granted = await relay.exchangePublicToken({ publicToken, clientUserId: visitor.id });
  visitor.accessToken = granted.accessToken;
  visitor.connectionId = granted.connectionId;
  response.json({ connected: true });
});

/** 3. A chat on their key, within their budget, streamed to the page as it comes. */
app.post("/api/chat", async (request, response) => {
  const visitor = visitorOf(request, response);
  if (!visitor.accessToken) {
    return response.status(409).json({ code: "not_connected", message: "Connect your AI key first." });
  }
  const left = new AbortController();
  response.on("close", () => left.abort()); // the call ends at the provider, too
  try {
    const stream = await relay.chatCompletion(
      {
        accessToken: visitor.accessToken,
        provider: "sandbox",
        model: "sandbox-small",
        messages: [{ role: "user", content: String(request.body?.text) }],
        stream: true,
      },
      { signal: left.signal },
    );
    response.type("text/plain");
    for await (const chunk of stream) response.write(chunk.choices[0]?.delta.content ?? "");
    response.end();
  } catch (error) {
    if (error instanceof ConnectionEndedError) forget(visitor); // it never comes back
    throw error;
  }
});

// The page, and the Link SDK as npm installed it. Nothing but Link's frame comes from elsewhere.
app.use((request, response, next) => {
  response.set(
    "content-security-policy",
    `default-src 'self'; frame-src ${relayUrl}; frame-ancestors 'none'`,
  );
  next();
});
app.use("/link-sdk", express.static(dirname(fileURLToPath(import.meta.resolve("@1relay/link-sdk")))));
app.use(express.static(fileURLToPath(new URL("public", import.meta.url))));

app.use((error, request, response, next) => {
  if (error instanceof AbortedError) return; // the visitor has left
  if (error instanceof WebhookVerificationError) return response.sendStatus(400);
  if (response.headersSent || !(error instanceof OneRelayError)) return next(error); // Express ends the answer
  response.status(502).json({ code: error.code, message: error.message });
});

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`http://localhost:${server.address().port}`);
});
