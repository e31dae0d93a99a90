/** Where providers serve embeddings in OpenAI's format, if not at /v1/embeddings (spec/providers.json; a test compares). */
const ELSEWHERE: Readonly<Record<string, string>> = {
  cohere: "/compatibility/v1/embeddings",
  fireworks: "/inference/v1/embeddings",
  openrouter: "/api/v1/embeddings",
};

/** The path below the provider's base. A provider without such a call is refused by the relay, which knows all of them. */
export function embeddingsPath(provider: string): string {
  return (Object.hasOwn(ELSEWHERE, provider) ? ELSEWHERE[provider] : undefined) ?? "/v1/embeddings";
}
