/**
 * A provider for the AI SDK (`ai`), over `@ai-sdk/openai-compatible`, which you install beside it. Nothing else of this package needs
 * either of them.
 */
import { OpenAICompatibleChatLanguageModel, OpenAICompatibleEmbeddingModel } from "@ai-sdk/openai-compatible";

import type { OneRelayClient } from "./client.js";
import { embeddingsPath } from "./embeddingsPath.js";
import type { Person } from "./options.js";

type Generate = OpenAICompatibleChatLanguageModel["doGenerate"];
type Stream = OpenAICompatibleChatLanguageModel["doStream"];
type Embed = OpenAICompatibleEmbeddingModel["doEmbed"];

/** Models are named provider/model, such as "openai/gpt-4o" or "anthropic/claude-sonnet-4-5". */
export interface OneRelayProvider {
  (model: string): OpenAICompatibleChatLanguageModel;
  readonly specificationVersion: "v3";
  languageModel(model: string): OpenAICompatibleChatLanguageModel;
  /** Of a provider that serves embeddings in OpenAI's format. */
  embeddingModel(model: string): OpenAICompatibleEmbeddingModel;
  /** The relay passes no images on; throws. */
  imageModel(model: string): never;
}

/** The models one person lets you use, for `generateText`, `streamText`, `embed` and the rest of the AI SDK. */
export function createOneRelay(client: OneRelayClient, person: Person): OneRelayProvider {
  const languageModel = (model: string): OpenAICompatibleChatLanguageModel => {
    const { apiKey, baseURL, ...own } = client.openaiCompatible(person);
    return new ChatModel(model, {
      provider: "1relay.chat",
      url: ({ path }) => baseURL + path,
      headers: () => ({ authorization: `Bearer ${apiKey}` }),
      includeUsage: true,
      supportsStructuredOutputs: true,
      ...own,
    });
  };
  const embeddingModel = (model: string): OpenAICompatibleEmbeddingModel => {
    const provider = model.split("/", 1).join();
    const { baseURL, fetch } = client.passthrough(provider, person);
    return new EmbeddingModel(model.slice(provider.length + 1), {
      provider: "1relay.embedding",
      url: () => baseURL + embeddingsPath(provider),
      headers: () => ({}),
      fetch,
    });
  };
  const imageModel = (): never => {
    throw new Error("1Relay has no image models.");
  };
  const members = { specificationVersion: "v3", languageModel, embeddingModel, imageModel } as const;
  return Object.assign((model: string) => languageModel(model), members);
}

class ChatModel extends OpenAICompatibleChatLanguageModel {
  override doGenerate(...given: Parameters<Generate>): ReturnType<Generate> {
    return asMarked(super.doGenerate(...given));
  }

  override doStream(...given: Parameters<Stream>): ReturnType<Stream> {
    return asMarked(super.doStream(...given));
  }
}

class EmbeddingModel extends OpenAICompatibleEmbeddingModel {
  override doEmbed(...given: Parameters<Embed>): ReturnType<Embed> {
    return asMarked(super.doEmbed(...given));
  }
}

/** The AI SDK tries again by status alone; the relay says better which calls have not happened. */
async function asMarked<Answer>(call: PromiseLike<Answer>): Promise<Answer> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Error && "isRetryable" in error) error.isRetryable = isMarked(error);
    throw error;
  }
}

function isMarked(error: Error): boolean {
  const { statusCode, responseHeaders } = error as { statusCode?: number; responseHeaders?: object };
  const headers: Record<string, string> = { ...responseHeaders };
  const isUndone = statusCode === 429 || statusCode === 503;
  return isUndone && headers["retry-after"] !== undefined && headers["x-should-retry"] !== "false";
}
