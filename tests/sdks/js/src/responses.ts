// OpenAI's Responses, through `openai`.
import OpenAI from "openai";

import { type Ask, type Said, type Sdk, weather } from "./asking.js";
import { openaiRaised } from "./chat.js";

type Item = OpenAI.Responses.ResponseInputItem;

function tools(ask: Ask): { tools?: OpenAI.Responses.FunctionTool[] } {
  if (!ask.tool) return {};
  const { name, description, schema } = ask.tool;
  return { tools: [{ type: "function", name, description, parameters: schema, strict: false }] };
}

async function turn(client: OpenAI, ask: Ask, input: Item[]) {
  const body = { model: ask.model, input, max_output_tokens: ask.maxTokens, ...tools(ask) };
  if (!ask.streams) return { answer: await client.responses.create(body), pieces: 1 };
  let pieces = 0;
  let answer: OpenAI.Responses.Response | undefined;
  for await (const event of await client.responses.create({ ...body, stream: true })) {
    if (event.type === "response.output_text.delta") pieces += 1;
    if (event.type === "response.completed") answer = event.response;
  }
  if (!answer) throw new Error("the stream ended without response.completed");
  return { answer, pieces };
}

async function ask(asked: Ask): Promise<Said> {
  const client = new OpenAI({
    baseURL: asked.base,
    apiKey: asked.token,
    defaultHeaders: asked.headers,
    ...(asked.retries === null ? {} : { maxRetries: asked.retries }),
  });
  const input: Item[] = [{ role: "user", content: asked.prompt.repeat(asked.promptRepeated) }];
  const calls: Said["calls"] = [];
  for (;;) {
    const { answer, pieces } = await turn(client, asked, input);
    const items = answer.output.filter((item) => item.type === "function_call");
    if (items.length === 0 && asked.then && input.length === 1) {
      input.push(...answer.output.filter((item) => item.type === "message"));
      input.push({ role: "user", content: asked.then });
      continue;
    }
    if (items.length === 0) {
      const text = answer.output
        .flatMap((item) => (item.type === "message" ? item.content : []))
        .map((part) => (part.type === "output_text" ? part.text : ""))
        .join("");
      const usage = answer.usage;
      return {
        text,
        pieces,
        inputTokens: usage?.input_tokens ?? -1,
        outputTokens: usage?.output_tokens ?? -1,
        calls,
      };
    }
    for (const item of items) {
      const given = JSON.parse(item.arguments) as Record<string, unknown>;
      calls.push({ name: item.name, arguments: given });
      input.push(item, { type: "function_call_output", call_id: item.call_id, output: weather(given) });
    }
  }
}

export const openaiResponses: Sdk = { ask, raised: openaiRaised };
