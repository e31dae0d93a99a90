// The Vercel AI SDK: `ai` with `@ai-sdk/openai` (Responses, and chat), `@ai-sdk/anthropic` and `@ai-sdk/google`.
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import {
  APICallError,
  RetryError,
  type LanguageModel,
  type ModelMessage,
  generateText,
  jsonSchema,
  stepCountIs,
  streamText,
  tool,
} from "ai";

import { type Ask, type Raised, type Said, type Sdk, member, textOrNull, weather } from "./asking.js";

/** Options that one provider alone reads. */
type Own = { providerOptions?: { openai: { store: boolean } } };

type Given = { baseURL: string; apiKey: string; headers: Record<string, string> };

async function talk(ask: Ask, model: LanguageModel, own: Own): Promise<Said> {
  const question: ModelMessage = { role: "user", content: ask.prompt.repeat(ask.promptRepeated) };
  const first = await turn(ask, model, own, [question]);
  if (!ask.then) return first.said;
  const next = await turn(ask, model, own, [
    question,
    ...first.messages,
    { role: "user", content: ask.then },
  ]);
  return next.said;
}

async function turn(ask: Ask, model: LanguageModel, own: Own, messages: ModelMessage[]) {
  const given = {
    model,
    messages,
    maxOutputTokens: ask.maxTokens,
    ...(ask.retries === null ? {} : { maxRetries: ask.retries }),
    ...(ask.tool ? { tools: { [ask.tool.name]: weatherTool(ask.tool) } } : {}),
    stopWhen: stepCountIs(4),
    ...own,
  };
  if (!ask.streams) {
    const done = await generateText(given);
    return { said: said([done.text], done.usage, done.steps), messages: done.response.messages };
  }
  const stream = streamText({ ...given, onError: () => undefined });
  const texts: string[] = [];
  for await (const part of stream.fullStream) {
    if (part.type === "error") throw part.error;
    if (part.type === "text-delta") texts.push(part.text);
  }
  const { messages: answers } = await stream.response;
  return { said: said(texts, await stream.usage, await stream.steps), messages: answers };
}

function weatherTool(given: NonNullable<Ask["tool"]>) {
  return tool({
    description: given.description,
    inputSchema: jsonSchema<Record<string, unknown>>(given.schema),
    execute: (input) => weather(input),
  });
}

function said(
  texts: string[],
  usage: { inputTokens: number | undefined; outputTokens: number | undefined },
  steps: { toolCalls: { toolName: string; input: unknown }[] }[],
): Said {
  return {
    text: texts.join(""),
    pieces: texts.length,
    inputTokens: usage.inputTokens ?? -1,
    outputTokens: usage.outputTokens ?? -1,
    calls: steps
      .flatMap((step) => step.toolCalls)
      .map((call) => ({ name: call.toolName, arguments: call.input as Record<string, unknown> })),
  };
}

function raised(error: unknown): Raised | null {
  if (RetryError.isInstance(error)) {
    const last = raised(error.lastError);
    return last && { ...last, kind: error.name, text: error.message };
  }
  // An error that came within a stream is handed over as the provider's own object.
  const message = textOrNull(member(error, "message"));
  if (message !== null && !(error instanceof Error)) {
    return { kind: "part", text: message, status: null, code: textOrNull(member(error, "code")) };
  }
  if (!APICallError.isInstance(error)) return null;
  const inner = member(error.data, "error");
  const code = member(inner, "code") ?? member(inner, "type");
  return {
    kind: error.name,
    text: error.message,
    status: error.statusCode ?? null,
    code: typeof code === "number" ? textOrNull(member(inner, "status")) : textOrNull(code),
  };
}

function through(model: (given: Given, name: string) => LanguageModel, own: Own = {}): Sdk {
  return {
    ask: (ask) =>
      talk(ask, model({ baseURL: ask.base, apiKey: ask.token, headers: ask.headers }, ask.model), own),
    raised,
  };
}

export const vercelOpenai = through((given, name) => createOpenAI(given)(name));
export const vercelOpenaiUnstored = through((given, name) => createOpenAI(given)(name), {
  providerOptions: { openai: { store: false } },
});
export const vercelOpenaiChat = through((given, name) => createOpenAI(given).chat(name));
export const vercelAnthropic = through((given, name) => createAnthropic(given)(name));
export const vercelGoogle = through((given, name) => createGoogleGenerativeAI(given)(name));
