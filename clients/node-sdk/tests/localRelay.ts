import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { OneRelayClient, type OneRelayOptions } from "../src/index.js";

// In halves, so that secret scanners stay quiet.
export const CLIENT_ID = "1r_cid_" + "A1b2C3d4E5f6G7h8I9j0K1";
export const CLIENT_SECRET = "1r_cs_" + "s".repeat(49);
export const ACCESS_TOKEN = "1r_at_" + "a".repeat(49);
export const PUBLIC_TOKEN = "1r_pt_" + "p".repeat(49);
export const CONNECTION_ID = "con_" + "0123456789abcdefghijkl";

export interface Received {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
}

type Script = (response: ServerResponse, request: Received, count: number) => void | Promise<void>;

/** A real HTTP server on loopback that answers by script and remembers what it was asked. */
export class LocalRelay {
  readonly received: Received[] = [];
  readonly #server: Server;

  private constructor(script: Script) {
    this.#server = createServer((request, response) => {
      void this.#answer(request, response, script);
    });
  }

  static async start(script: Script): Promise<LocalRelay> {
    const relay = new LocalRelay(script);
    await new Promise<void>((resolve) => relay.#server.listen(0, "127.0.0.1", resolve));
    return relay;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  client(options: Partial<OneRelayOptions> = {}): OneRelayClient {
    return new OneRelayClient({
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      baseUrl: this.url,
      ...options,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse, script: Script): Promise<void> {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += String(chunk);
    const { method = "", url = "", headers } = request;
    this.received.push({ method, url, headers, body });
    await script(response, this.received.at(-1)!, this.received.length);
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response
    .writeHead(status, { "content-type": "application/json", "x-request-id": "req_fromheader", ...headers })
    .end(typeof body === "string" ? body : JSON.stringify(body));
}

export function ok(data: unknown): unknown {
  return { success: true, data };
}

export function refusal(code: string, details?: Record<string, unknown>): unknown {
  return { success: false, error: { code, message: `about ${code}`, requestId: "req_frombody", details } };
}

export function beginStream(response: ServerResponse): ServerResponse {
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "x-request-id": "req_fromheader",
    "x-1relay-budget-remaining-micros": "900",
  });
  response.flushHeaders();
  return response;
}

export function chunk(text: string): string {
  const choices = [{ index: 0, delta: { content: text }, finish_reason: null }];
  return `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices })}\n\n`;
}

export const CHAT = {
  accessToken: ACCESS_TOKEN,
  provider: "sandbox",
  model: "sandbox-small",
  messages: [{ role: "user", content: "Hi" }],
};
