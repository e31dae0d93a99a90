// Asks through the SDK that each line names, and answers with a line: what it said, what it raised, or what went wrong here.
import { Console } from "node:console";
import { createInterface } from "node:readline";

import type { Ask, Sdk } from "./asking.js";
import { groqChat, openaiChat } from "./chat.js";
import { googleGenerate } from "./generate.js";
import { anthropicMessages } from "./messages.js";
import { openaiResponses } from "./responses.js";
import {
  vercelAnthropic,
  vercelGoogle,
  vercelOpenai,
  vercelOpenaiChat,
  vercelOpenaiUnstored,
} from "./vercel.js";

const SDKS: Record<string, Sdk> = {
  "js openai chat": openaiChat,
  "js openai responses": openaiResponses,
  "js anthropic": anthropicMessages,
  "js google-genai": googleGenerate,
  "js groq": groqChat,
  "vercel openai": vercelOpenai,
  "vercel openai unstored": vercelOpenaiUnstored,
  "vercel openai chat": vercelOpenaiChat,
  "vercel anthropic": vercelAnthropic,
  "vercel google": vercelGoogle,
};

// Standard output carries answers alone; some SDKs write their warnings there.
globalThis.console = new Console(process.stderr);

async function outcome(name: string, ask: Ask): Promise<object> {
  const sdk = SDKS[name];
  if (!sdk) return { failed: `no SDK is called ${name}` };
  try {
    return { said: await sdk.ask(ask) };
  } catch (error) {
    const raised = sdk.raised(error);
    if (raised) return { raised };
    return {
      failed: error instanceof Error ? `${error.name}: ${error.stack ?? error.message}` : String(error),
    };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { sdk, ask } = JSON.parse(line) as { sdk: string; ask: Ask };
  process.stdout.write(`${JSON.stringify(await outcome(sdk, ask))}\n`);
}
