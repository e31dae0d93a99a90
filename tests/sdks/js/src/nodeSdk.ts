// One situation of @1relay/node-sdk against a relay: the first argument names it, the environment has the parties.
import assert from "node:assert/strict";
import { once } from "node:events";

import Anthropic from "@anthropic-ai/sdk";
import type { ProviderV3 } from "@ai-sdk/provider";
import { GoogleGenAI } from "@google/genai";
import { APICallError, embedMany, generateText, streamText } from "ai";
import Groq from "groq-sdk";
import { inspect } from "node:util";
import OpenAI from "openai";

import {
  ApiError,
  ConnectionFailedError,
  NotFoundError,
  OneRelayClient,
  OneRelayError,
  PermissionError,
} from "@1relay/node-sdk";
import { createOneRelay } from "@1relay/node-sdk/ai-sdk";

const given = JSON.parse(process.env["GIVEN"] ?? "") as {
  clientId: string;
  clientSecret: string;
  baseUrl: string;
  accessToken: string;
  connectionId: string;
};
const { accessToken } = given;
const client = new OneRelayClient(given);
const messages = [{ role: "user" as const, content: "Hello" }];
const OPENAI = { accessToken, provider: "openai", model: "gpt-4o-mini", messages };
const SAID = "Hello there.";

let unhandled: unknown;
process.on("unhandledRejection", (reason) => (unhandled = reason));

async function talksThroughOpenai(): Promise<void> {
  const openai = new OpenAI(client.openai({ accessToken }));
  const answer = await openai.chat.completions.create({ model: "gpt-4o-mini", messages });
  assert.equal(answer.choices[0]?.message.content, SAID);
  let text = "";
  const stream = await openai.chat.completions.create({ model: "gpt-4o-mini", messages, stream: true });
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
  assert.equal(text, SAID);
  const all = new OpenAI(client.openaiCompatible({ accessToken }));
  const other = await all.chat.completions.create({ model: "anthropic/claude-haiku-4-5", messages });
  assert.equal(other.choices[0]?.message.content, SAID);
}

async function talksThroughAnthropic(): Promise<void> {
  const anthropic = new Anthropic(client.anthropic({ accessToken }));
  const body = { model: "claude-haiku-4-5", max_tokens: 100, messages };
  assert.deepEqual((await anthropic.messages.create(body)).content[0], { type: "text", text: SAID });
  const streamed = await anthropic.messages.stream(body).finalText();
  assert.equal(streamed, SAID);
}

async function talksThroughGoogle(): Promise<void> {
  process.env["GOOGLE_GENAI_USE_VERTEXAI"] = "true"; // the machine's own, which is not meant
  const google = new GoogleGenAI(client.google({ accessToken }));
  const question = { model: "gemini-2.5-flash", contents: "Hello" };
  assert.equal((await google.models.generateContent(question)).text, SAID);
  let text = "";
  for await (const part of await google.models.generateContentStream(question)) text += part.text ?? "";
  assert.equal(text, SAID);
}

async function talksThroughGroq(): Promise<void> {
  const groq = new Groq(client.groq({ accessToken }));
  const answer = await groq.chat.completions.create({ model: "llama-3.1-8b-instant", messages });
  assert.equal(answer.choices[0]?.message.content, SAID);
}

async function talksThroughTheAiSdk(): Promise<void> {
  const relay = createOneRelay(client, { accessToken });
  relay satisfies ProviderV3;
  for (const model of [relay("openai/gpt-4o-mini"), relay.languageModel("anthropic/claude-haiku-4-5")]) {
    assert.equal((await generateText({ model, prompt: "Hello" })).text, SAID);
    const streamed = streamText({ model, prompt: "Hello" });
    assert.equal(await streamed.text, SAID);
    assert.ok(((await streamed.usage).outputTokens ?? 0) > 0);
    assert.ok(!inspect([relay, model], { depth: 9, showHidden: true }).includes(accessToken.slice(6)));
  }
  const values = ["one", "two"];
  const { embeddings, usage } = await embedMany({
    model: relay.embeddingModel("sandbox/sandbox-small"),
    values,
  });
  assert.deepEqual([embeddings.length, usage.tokens > 0], [2, true]);
}

/** The AI SDK alone would try three times. */
async function theAiSdkTriesOnce(): Promise<void> {
  const relay = createOneRelay(client, { accessToken });
  const asked = generateText({ model: relay("openai/gpt-4o-mini"), prompt: "Hello" });
  await assert.rejects(asked, (error: unknown) => {
    assert.ok(APICallError.isInstance(error), inspect(error));
    assert.equal(error.statusCode, 502);
    assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes(accessToken.slice(6)));
    return true;
  });
}

async function embeds(): Promise<void> {
  const asked = { accessToken, provider: "sandbox", model: "sandbox-small" };
  const { data, relay } = await client.embeddings({ ...asked, input: ["one", "two"] });
  assert.deepEqual(
    data.map(({ index, embedding }) => [index, typeof embedding[0]]),
    [
      [0, "number"],
      [1, "number"],
    ],
  );
  assert.ok(relay.costMicros !== null && relay.requestId?.startsWith("req_"), inspect(relay));
  await assert.rejects(
    client.embeddings({ ...asked, provider: "anthropic", input: "one" }),
    (error: unknown) => {
      assert.ok(error instanceof PermissionError, inspect(error));
      return error.code === "path_not_allowed" && error.requestId?.startsWith("req_") === true;
    },
  );
}

async function passesThrough(): Promise<void> {
  const { fetch } = client.passthrough("sandbox", { accessToken });
  const models = (await (await fetch("/v1/models")).json()) as { data: { id: string }[] };
  assert.ok(models.data.some(({ id }) => id === "sandbox-small"));
  const bytes = new TextEncoder().encode(JSON.stringify({ model: "sandbox-small", messages, stream: true }));
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  const answer = await fetch("/v1/chat/completions", { method: "POST", body });
  assert.equal(answer.status, 200);
  assert.ok((await answer.text()).includes("data: [DONE]"));
  const refused = await fetch("/v1/files");
  assert.deepEqual([refused.status, refused.headers.get("x-1relay-error")], [403, "path_not_allowed"]);
}

/** Its app has a webhook URL. */
async function usesTheSandbox(): Promise<void> {
  const asked = { budgetCents: 100, clientUserId: "visitor-1", limits: { concurrency: 2 } };
  const { publicToken, connectionId } = await client.sandbox.link(asked);
  const exchange = await client.exchangePublicToken({ publicToken, clientUserId: "visitor-1" });
  assert.equal(exchange.connectionId, connectionId);
  assert.deepEqual(
    [exchange.providers, exchange.budgetCents, exchange.limits.concurrency],
    [["sandbox"], 100, 2],
  );
  const hello = { provider: "sandbox", model: "sandbox-small", messages };
  const answer = await client.chatCompletion({ ...hello, accessToken: exchange.accessToken });
  assert.ok(answer.choices[0]?.message.content);
  const event = await client.sandbox.fire({ connectionId, type: "budget.exhausted" });
  assert.deepEqual([event.type, event.connectionId], ["budget.exhausted", connectionId]);
  const failing = await client.exchangePublicToken(
    (await client.sandbox.link({ outcome: "invalid" })).publicToken,
  );
  await assert.rejects(client.chatCompletion({ ...hello, accessToken: failing.accessToken }), ApiError);
  await assert.rejects(
    client.sandbox.fire({ connectionId: given.connectionId, type: "budget.exhausted" }),
    NotFoundError, // a person's
  );
}

/** Goes on living after the loop, so that it is not the process's end that closes the connection. */
async function leavesTheLoop(): Promise<void> {
  for await (const chunk of await client.chatCompletion({ ...OPENAI, stream: true })) {
    if (chunk.choices[0]?.delta.content) break;
  }
  process.stdout.write("left\n");
  await once(process.stdin.resume(), "end");
}

async function seesTheConnectionDie(): Promise<void> {
  const pieces: string[] = [];
  const read = async (): Promise<void> => {
    for await (const chunk of await client.chatCompletion({ ...OPENAI, stream: true }))
      pieces.push(chunk.choices[0]?.delta.content ?? "");
  };
  await assert.rejects(read(), (error: unknown) => {
    assert.ok(error instanceof OneRelayError, inspect(error));
    return !(error instanceof ConnectionFailedError) || error.message.includes("stream");
  });
  assert.ok(pieces.join("").startsWith("Hel"), inspect(pieces));
}

const SITUATIONS: Record<string, () => Promise<void>> = {
  talksThroughOpenai,
  talksThroughAnthropic,
  talksThroughGoogle,
  talksThroughGroq,
  talksThroughTheAiSdk,
  theAiSdkTriesOnce,
  embeds,
  passesThrough,
  usesTheSandbox,
  leavesTheLoop,
  seesTheConnectionDie,
};

const situation = SITUATIONS[process.argv[2] ?? ""];
assert.ok(situation, "no such situation");
await situation();
await new Promise((resolve) => setTimeout(resolve, 50)); // a rejection nobody handles shows in the next turns
assert.equal(unhandled, undefined);
