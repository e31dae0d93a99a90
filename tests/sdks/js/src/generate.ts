// Google's generateContent, through `@google/genai`.
import { ApiError, type Content, GoogleGenAI, type GenerateContentResponse } from "@google/genai";

import { type Ask, type Raised, type Said, type Sdk, weather } from "./asking.js";

async function turn(client: GoogleGenAI, ask: Ask, contents: Content[]): Promise<GenerateContentResponse[]> {
  const tools = ask.tool && [
    {
      functionDeclarations: [
        { name: ask.tool.name, description: ask.tool.description, parametersJsonSchema: ask.tool.schema },
      ],
    },
  ];
  const config = { maxOutputTokens: ask.maxTokens, ...(tools ? { tools } : {}) };
  const given = { model: ask.model, contents, config };
  if (!ask.streams) return [await client.models.generateContent(given)];
  const answers: GenerateContentResponse[] = [];
  for await (const answer of await client.models.generateContentStream(given)) answers.push(answer);
  return answers;
}

async function ask(asked: Ask): Promise<Said> {
  const client = new GoogleGenAI({
    apiKey: asked.token,
    httpOptions: { baseUrl: asked.base, headers: asked.headers },
  });
  const contents: Content[] = [
    { role: "user", parts: [{ text: asked.prompt.repeat(asked.promptRepeated) }] },
  ];
  const calls: Said["calls"] = [];
  for (;;) {
    const answers = await turn(client, asked, contents);
    const uses = answers.flatMap((answer) => answer.functionCalls ?? []);
    const said = answers.flatMap((answer) => answer.candidates?.[0]?.content ?? []);
    if (uses.length === 0 && asked.then && contents.length === 1) {
      contents.push(...said, { role: "user", parts: [{ text: asked.then }] });
      continue;
    }
    if (uses.length === 0) {
      const usage = answers.at(-1)?.usageMetadata;
      return {
        text: answers.map((answer) => answer.text ?? "").join(""),
        pieces: answers.length,
        inputTokens: usage?.promptTokenCount ?? -1,
        outputTokens: usage?.candidatesTokenCount ?? -1,
        calls,
      };
    }
    const parts = uses.map((use) => {
      const [name, given] = [use.name ?? "", use.args ?? {}];
      calls.push({ name, arguments: given });
      return { functionResponse: { name, response: { result: weather(given) } } };
    });
    contents.push(...said, { role: "user", parts });
  }
}

function raised(error: unknown): Raised | null {
  if (!(error instanceof ApiError)) return null;
  return { kind: error.name, text: error.message, status: error.status, code: null };
}

export const googleGenerate: Sdk = { ask, raised };
