// Chat completions, through `openai` and `groq-sdk`: two packages whose clients have one shape.
import Groq from "groq-sdk";
import OpenAI from "openai";

import { type Ask, type Raised, type Said, type Sdk, member, textOrNull, weather } from "./asking.js";

type Asked = { id: string; type: "function"; function: { name: string; arguments: string } };
type Usage = { prompt_tokens: number; completion_tokens: number };
type Turn = { text: string; pieces: number; asked: Asked[]; usage: Usage | undefined };
type Message =
  | { role: "user"; content: string }
  | { role: "assistant"; content: string }
  | { role: "assistant"; content: null; tool_calls: Asked[] }
  | { role: "tool"; tool_call_id: string; content: string };
/** The part of a chunk that is read here. */
type Chunk = {
  choices: {
    delta: {
      content?: string | null;
      tool_calls?: { index: number; id?: string; function?: { name?: string; arguments?: string } }[];
    };
  }[];
  usage?: Usage | null;
  x_groq?: { usage?: Usage | null } | null;
};

const options = (ask: Ask) => ({
  baseURL: ask.base,
  apiKey: ask.token,
  defaultHeaders: ask.headers,
  ...(ask.retries === null ? {} : { maxRetries: ask.retries }),
});

const tools = (ask: Ask) =>
  ask.tool && {
    tools: [
      {
        type: "function" as const,
        function: {
          name: ask.tool.name,
          description: ask.tool.description,
          parameters: ask.tool.schema,
        },
      },
    ],
  };

async function untilText(ask: Ask, turn: (messages: Message[]) => Promise<Turn>): Promise<Said> {
  const messages: Message[] = [{ role: "user", content: ask.prompt.repeat(ask.promptRepeated) }];
  const calls: Said["calls"] = [];
  for (;;) {
    const { text, pieces, asked, usage } = await turn(messages);
    if (asked.length === 0 && ask.then && messages.length === 1) {
      messages.push({ role: "assistant", content: text }, { role: "user", content: ask.then });
      continue;
    }
    if (asked.length === 0) {
      const [inputTokens, outputTokens] = [usage?.prompt_tokens ?? -1, usage?.completion_tokens ?? -1];
      return { text, pieces, inputTokens, outputTokens, calls };
    }
    messages.push({ role: "assistant", content: null, tool_calls: asked });
    for (const call of asked) {
      const given = JSON.parse(call.function.arguments) as Record<string, unknown>;
      calls.push({ name: call.function.name, arguments: given });
      messages.push({ role: "tool", tool_call_id: call.id, content: weather(given) });
    }
  }
}

async function together(chunks: AsyncIterable<Chunk>): Promise<Turn> {
  const texts: string[] = [];
  const asked: Asked[] = [];
  let usage: Usage | undefined;
  for await (const chunk of chunks) {
    usage = chunk.usage ?? chunk.x_groq?.usage ?? usage;
    for (const { delta } of chunk.choices) {
      if (delta.content) texts.push(delta.content);
      for (const part of delta.tool_calls ?? []) {
        asked[part.index] ??= {
          id: part.id ?? "",
          type: "function",
          function: { name: part.function?.name ?? "", arguments: "" },
        };
        asked[part.index]!.function.arguments += part.function?.arguments ?? "";
      }
    }
  }
  return { text: texts.join(""), pieces: texts.length, asked, usage };
}

async function openaiTurn(client: OpenAI, ask: Ask, messages: Message[]): Promise<Turn> {
  const body = { model: ask.model, messages, max_completion_tokens: ask.maxTokens, ...tools(ask) };
  if (ask.streams) {
    const stream_options = { include_usage: true };
    return together(await client.chat.completions.create({ ...body, stream: true, stream_options }));
  }
  const answer = await client.chat.completions.create(body);
  const message = answer.choices[0]?.message;
  const asked = message?.tool_calls?.filter((call) => call.type === "function") ?? [];
  return { text: message?.content ?? "", pieces: 1, asked, usage: answer.usage };
}

async function groqTurn(client: Groq, ask: Ask, messages: Message[]): Promise<Turn> {
  const body = { model: ask.model, messages, max_completion_tokens: ask.maxTokens, ...tools(ask) };
  if (ask.streams) return together(await client.chat.completions.create({ ...body, stream: true }));
  const answer = await client.chat.completions.create(body);
  const message = answer.choices[0]?.message;
  return { text: message?.content ?? "", pieces: 1, asked: message?.tool_calls ?? [], usage: answer.usage };
}

/** The class, text, status and code of an error of `openai`. */
export function openaiRaised(error: unknown): Raised | null {
  if (!(error instanceof OpenAI.APIError)) return null;
  const { status, code } = error as { status?: number; code?: string | null };
  return { kind: error.constructor.name, text: error.message, status: status ?? null, code: code ?? null };
}

function groqRaised(error: unknown): Raised | null {
  if (!(error instanceof Groq.APIError)) return null;
  const { status, error: body } = error as { status?: number; error?: unknown };
  const code = textOrNull(member(member(body, "error"), "code"));
  return { kind: error.constructor.name, text: error.message, status: status ?? null, code };
}

export const openaiChat: Sdk = {
  ask: (ask) => {
    const client = new OpenAI(options(ask));
    return untilText(ask, (messages) => openaiTurn(client, ask, messages));
  },
  raised: openaiRaised,
};

export const groqChat: Sdk = {
  ask: (ask) => {
    const client = new Groq(options(ask));
    return untilText(ask, (messages) => groqTurn(client, ask, messages));
  },
  raised: groqRaised,
};
