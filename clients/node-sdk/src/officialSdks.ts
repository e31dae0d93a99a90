/** What `new OpenAI(…)`, `new Anthropic(…)` and `new Groq(…)` take. It holds the access token: don't print it. */
export interface SdkOptions {
  apiKey: string;
  baseURL: string;
  fetch?: typeof fetch;
}

/** What `new GoogleGenAI(…)` takes. It holds the access token: don't print it. */
export interface GoogleSdkOptions {
  apiKey: string;
  httpOptions: { baseUrl: string };
  /** Keeps GOOGLE_GENAI_USE_VERTEXAI in the environment from sending the call elsewhere. */
  vertexai: false;
}

/** Where each official SDK expects its API, below the relay's passthrough (docs/providers.md, "With official SDKs"). */
export const SDK_BASES = {
  openai: "/v1/proxy/passthrough/openai/v1",
  openaiCompatible: "/v1/openai",
  anthropic: "/v1/proxy/passthrough/anthropic",
  google: "/v1/proxy/passthrough/google",
  groq: "/v1/proxy/passthrough/groq",
} as const;
