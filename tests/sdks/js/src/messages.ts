// Anthropic's Messages, through `@anthropic-ai/sdk`.
import Anthropic from "@anthropic-ai/sdk";

import { type Ask, type Raised, type Said, type Sdk, weather } from "./asking.js";

async function turn(client: Anthropic, ask: Ask, messages: Anthropic.MessageParam[]) {
  const tools: Anthropic.Tool[] = ask.tool
    ? [
        {
          name: ask.tool.name,
          description: ask.tool.description,
          input_schema: ask.tool.schema as Anthropic.Tool.InputSchema,
        },
      ]
    : [];
  const body = { model: ask.model, max_tokens: ask.maxTokens, messages, ...(ask.tool ? { tools } : {}) };
  if (!ask.streams) return { answer: await client.messages.create(body), pieces: 1 };
  let pieces = 0;
  const stream = client.messages.stream(body).on("text", () => {
    pieces += 1;
  });
  return { answer: await stream.finalMessage(), pieces };
}

async function ask(asked: Ask): Promise<Said> {
  const client = new Anthropic({
    baseURL: asked.base,
    apiKey: asked.token,
    defaultHeaders: asked.headers,
    ...(asked.retries === null ? {} : { maxRetries: asked.retries }),
  });
  const messages: Anthropic.MessageParam[] = [
    { role: "user", content: asked.prompt.repeat(asked.promptRepeated) },
  ];
  const calls: Said["calls"] = [];
  for (;;) {
    const { answer, pieces } = await turn(client, asked, messages);
    const uses = answer.content.filter((block) => block.type === "tool_use");
    const usage = { inputTokens: answer.usage.input_tokens, outputTokens: answer.usage.output_tokens };
    if (uses.length === 0 && asked.then && messages.length === 1) {
      messages.push({ role: "assistant", content: answer.content });
      messages.push({ role: "user", content: asked.then });
      continue;
    }
    if (uses.length === 0) {
      const text = answer.content.map((block) => (block.type === "text" ? block.text : "")).join("");
      return { text, pieces, ...usage, calls };
    }
    const results = uses.map((block): Anthropic.ToolResultBlockParam => {
      const given = block.input as Record<string, unknown>;
      calls.push({ name: block.name, arguments: given });
      return { type: "tool_result", tool_use_id: block.id, content: weather(given) };
    });
    messages.push({ role: "assistant", content: answer.content }, { role: "user", content: results });
  }
}

function raised(error: unknown): Raised | null {
  if (!(error instanceof Anthropic.APIError)) return null;
  const { status, type } = error as { status?: number; type?: string | null };
  return { kind: error.constructor.name, text: error.message, status: status ?? null, code: type ?? null };
}

export const anthropicMessages: Sdk = { ask, raised };
