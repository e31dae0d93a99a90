/** What `new OpenAI(…)`, `new Anthropic(…)` and `new Groq(…)` take. It holds the access token, which printing it leaves out. */
export interface SdkOptions {
  apiKey: string;
  baseURL: string;
  fetch?: typeof fetch;
}

/** What `new GoogleGenAI(…)` takes. It holds the access token, which printing it leaves out. */
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

const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** The token is there to be used. Printed, inspected or as JSON the object shows none; what is spread from it does. */
export function unprinted<Options extends { apiKey: string }>(options: Options): Options {
  const value = (): Options => ({ ...options, apiKey: "1r_at_…" });
  return Object.defineProperties(options, { [INSPECT]: { value }, toJSON: { value } });
}
