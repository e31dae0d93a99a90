// The Vercel AI SDK over the relay's OpenAI-compatible address: a base URL and an access token, nothing else of ours.
import { createOpenAI } from "@ai-sdk/openai";
import { streamText } from "ai";

const relay = process.env.RELAY_URL ?? "http://localhost:8000";
const credential = Buffer.from(`${process.env.ONERELAY_CLIENT_ID}:${process.env.ONERELAY_CLIENT_SECRET}`);

async function callAsApp(path, body) {
  const headers = {
    authorization: `Basic ${credential.toString("base64")}`,
    "content-type": "application/json",
  };
  const response = await fetch(relay + path, { method: "POST", headers, body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error.message);
  return answer.data;
}

// A connection without a browser. With Link, the public token comes from your page.
const { publicToken } = await callAsApp("/v1/sandbox/link", {});
const { accessToken } = await callAsApp("/v1/link/exchange", { publicToken });

const openai = createOpenAI({ baseURL: `${relay}/v1/openai`, apiKey: accessToken });
const { textStream } = streamText({
  model: openai.chat("sandbox/sandbox-small"), // provider/model
  prompt: process.argv[2] ?? "Why is the sky blue?",
  onError: ({ error }) => {
    throw error;
  },
});
for await (const text of textStream) process.stdout.write(text);
console.log();
