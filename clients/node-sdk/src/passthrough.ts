import { UsageError } from "./errors.js";

/** The relay reads the access token in any of these; two different ones are refused. */
const CREDENTIAL_HEADERS = ["authorization", "x-api-key", "x-goog-api-key", "api-key"];

/** A provider's own API through the relay. */
export interface Passthrough {
  /** What the provider's own origin is replaced by. */
  readonly baseURL: string;
  /**
   * The platform's fetch with base URL and access token put in: takes paths of the provider's API, such as `/v1/models`, and addresses
   * below `baseURL`. Answers and throws as fetch does, tries nothing again and has no time-out but your `signal`.
   */
  readonly fetch: typeof fetch;
}

/** The token is in the closure alone, so printing what this returns shows none. */
export function passthroughTo(baseURL: string, accessToken: string, send: typeof fetch): Passthrough {
  return {
    baseURL,
    async fetch(input, init) {
      const given = input instanceof Request ? input : undefined;
      const url = addressBelow(baseURL, input instanceof Request ? input.url : String(input));
      const headers = new Headers(init?.headers ?? given?.headers);
      for (const name of CREDENTIAL_HEADERS) headers.delete(name);
      headers.set("authorization", `Bearer ${accessToken}`);
      const hasBody = init?.body != null || given?.body != null;
      if (hasBody && isNotJson(headers, init)) headers.set("content-type", "application/json");
      const own = { ...init, headers, redirect: "error" as const };
      return send(given ? new Request(url, given) : url, hasBody ? { ...own, ...HALF_DUPLEX } : own);
    },
  };
}

/** Node asks for it where the body is a stream; the types of browsers don't know it. */
const HALF_DUPLEX = { duplex: "half" } as object;

/** Providers take JSON alone; fetch would call a text "text/plain" and a stream nothing. */
function isNotJson(headers: Headers, init: RequestInit | undefined): boolean {
  const type = headers.get("content-type");
  return type === null || (type.startsWith("text/plain") && init?.headers === undefined);
}

/** The token goes below the base and nowhere else, whatever dots an address contains. */
function addressBelow(base: string, given: string): string {
  const text = given.startsWith("/") && !given.startsWith("//") ? base + given : given;
  const url = URL.canParse(text) ? new URL(text).href : "";
  if (!url.startsWith(`${base}/`))
    throw new UsageError("passthrough takes a path of the provider’s API, such as /v1/models.");
  return url;
}
