// The demo chat's own server: what any app does that lets its visitors bring their AI keys through 1Relay.
/* global AbortController */
import { ConnectionEndedError, NotFoundError } from "@1relay/node-sdk";

import { Refusal, readJson, sendJson, sendProblem, servePage } from "./http.mjs";

/** What the app asks people for, and the models it offers of each; they grant what they like. */
const MODELS = {
  sandbox: ["sandbox-small", "sandbox-large"],
  openai: ["gpt-4o-mini", "gpt-4o"],
  groq: ["llama-3.3-70b-versatile", "llama-3.1-8b-instant"],
};
const BUDGET_SUGGESTION_CENTS = 500;
const LONGEST_MESSAGE = 8000;
const MOST_MESSAGES = 100;

/** A request listener for node:http. `relay` is a OneRelayClient, `visitors` the store of who is here. */
export function createApp({ relay, relayUrl, visitors }) {
  /** Step 1: a link session for this visitor. The page opens Link with its token. */
  async function startLink(request, response) {
    const visitor = visitors.find(request) ?? (await visitors.add(request, response));
    const { linkToken } = await relay.createLinkSession({
      requestedProviders: Object.keys(MODELS),
      budgetSuggestionCents: BUDGET_SUGGESTION_CENTS,
      clientUserId: visitor.userId,
    });
    sendJson(response, 200, { linkToken, relayUrl });
  }

  /** Step 2: the page brings the public token; the access token it buys stays here, with the visitor who is signed in now. */
  async function exchange(request, response, { publicToken }) {
    const visitor = visitorOf(request);
    if (typeof publicToken !== "string") throw new Refusal(400, "bad_request", "publicToken is missing.");
    const former = visitor.connectionId;
    const granted = await relay.exchangePublicToken({ publicToken, clientUserId: visitor.userId });
    await visitors.update(visitor, {
      accessToken: granted.accessToken,
      connectionId: granted.connectionId,
    });
    if (former) await revoke(former);
    sendJson(response, 200, await stateOf(visitor));
  }

  /** Step 3: a chat on the visitor's key, streamed on as one JSON object a line; a refusal is a line too. */
  async function chat(request, response, body) {
    const visitor = visitorOf(request);
    const { provider, model, messages } = checkedChat(body);
    if (!visitor.accessToken) throw new Refusal(409, "not_connected", "Connect your AI key first.");
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    const stream = await forgettingEnded(visitor, () =>
      relay.chatCompletion(
        { accessToken: visitor.accessToken, provider, model, messages, stream: true },
        { signal: gone.signal },
      ),
    );
    await forgettingEnded(visitor, async () => {
      for await (const chunk of stream) {
        const text = chunk.choices[0]?.delta.content;
        if (text) response.write(`${JSON.stringify({ text })}\n`);
      }
    });
    response.end(`${JSON.stringify({ done: stream.relay })}\n`);
  }

  async function disconnect(request, response) {
    const visitor = visitorOf(request);
    if (visitor.connectionId) await revoke(visitor.connectionId);
    await forget(visitor);
    sendJson(response, 200, await stateOf(visitor));
  }

  async function state(request, response) {
    sendJson(response, 200, await stateOf(visitors.find(request)));
  }

  /** What the page shows. The relay knows whether the connection still lives and what is left of the budget. */
  async function stateOf(visitor) {
    if (!visitor?.connectionId) return { relayUrl, connection: null };
    const connection = await relay.getConnection(visitor.connectionId).catch(nullIfNotFound);
    if (connection?.status === "active" || connection?.status === "paused") {
      return { relayUrl, connection: shownConnection(connection) };
    }
    await forget(visitor);
    const ended = connection?.status === "expired" ? "connection_expired" : "connection_revoked";
    return { relayUrl, connection: null, ended };
  }

  async function revoke(connectionId) {
    await relay.revokeConnection(connectionId).catch(nullIfNotFound);
  }

  /** A connection that has ended never comes back: its token is worth nothing, so it goes. */
  async function forgettingEnded(visitor, call) {
    try {
      return await call();
    } catch (error) {
      if (error instanceof ConnectionEndedError) await forget(visitor);
      throw error;
    }
  }

  function forget(visitor) {
    return visitors.update(visitor, { accessToken: undefined, connectionId: undefined });
  }

  function visitorOf(request) {
    const visitor = visitors.find(request);
    if (!visitor) throw new Refusal(401, "not_signed_in", "Reload the page and connect first.");
    return visitor;
  }

  const routes = {
    "GET /api/state": state,
    "POST /api/1relay/link-session": startLink,
    "POST /api/1relay/exchange": exchange,
    "POST /api/1relay/disconnect": disconnect,
    "POST /api/chat": chat,
  };

  return async (request, response) => {
    try {
      const { pathname } = new URL(request.url, "http://demo.invalid");
      const route = routes[`${request.method} ${pathname}`];
      if (!route) await servePage(request.method, pathname, response, relayUrl);
      else await route(request, response, request.method === "POST" ? await readJson(request) : undefined);
    } catch (error) {
      sendProblem(response, error);
    }
  };
}

function nullIfNotFound(error) {
  if (error instanceof NotFoundError) return null;
  throw error;
}

/** The members the page needs, with the models that both the visitor's grant and this app allow. */
function shownConnection(connection) {
  const { status, needsAttention, budgetCents, spentMicros, heldMicros, period, limits } = connection;
  const allowed = (model) => !limits.models || limits.models.includes(model);
  const models = connection.providers.flatMap((provider) =>
    (MODELS[provider] ?? []).filter(allowed).map((model) => ({ provider, model })),
  );
  const remainingMicros = Math.max(0, budgetCents * 10_000 - spentMicros - heldMicros);
  return { status, needsAttention, models, budgetCents, remainingMicros, resetsAt: period.end };
}

function checkedChat({ provider, model, messages }) {
  const fine =
    MODELS[provider]?.includes(model) &&
    Array.isArray(messages) &&
    messages.length > 0 &&
    messages.length <= MOST_MESSAGES &&
    messages.every(isMessage);
  if (!fine) throw new Refusal(400, "bad_request", "This is not a chat the demo can send.");
  return { provider, model, messages: messages.map(({ role, content }) => ({ role, content })) };
}

function isMessage(message) {
  const { role, content } = message ?? {};
  return (
    (role === "user" || role === "assistant") &&
    typeof content === "string" &&
    content.length > 0 &&
    content.length <= LONGEST_MESSAGE
  );
}
