// What a test asks of an SDK, and what comes back; the same as tests/sdks/asking.py.
export type Ask = {
  base: string;
  token: string;
  model: string;
  prompt: string;
  /** The prompt is this many times as much text. */
  promptRepeated: number;
  /** What is asked once the first question is answered; may be empty. */
  then: string;
  streams: boolean;
  tool: { name: string; description: string; schema: Record<string, unknown> } | null;
  maxTokens: number;
  /** How often the SDK may try again; null leaves it to the SDK. */
  retries: number | null;
  headers: Record<string, string>;
};

export type ToolCall = { name: string; arguments: Record<string, unknown> };

export type Said = {
  text: string;
  /** In how many parts a streamed text came. */
  pieces: number;
  inputTokens: number;
  outputTokens: number;
  calls: ToolCall[];
};

/** What an SDK raised: its class, its text, and status and code where the SDK gives access to them. */
export type Raised = {
  kind: string;
  text: string;
  status: number | null;
  code: string | null;
};

export type Sdk = {
  ask: (ask: Ask) => Promise<Said>;
  /** Null for what is no error of the SDK's. */
  raised: (error: unknown) => Raised | null;
};

/** What the tool answers, on the app's side. */
export function weather(given: Record<string, unknown>): string {
  return `18 degrees in ${String(given["city"])}`;
}

/** A member of something that may be an object. */
export function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** A text, or null. */
export function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
