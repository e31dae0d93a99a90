export interface OneRelayOptions {
  clientId: string;
  clientSecret: string;
  /** Address of the relay, such as `https://relay.example`; paths below it start with /v1. */
  baseUrl: string;
  /** Used instead of the global fetch, for proxies and special networks. */
  fetch?: typeof fetch;
  /** Longest wait in ms: for a whole JSON answer, in streams for the next bytes. Default 30 s, chats 10 min. */
  timeoutMs?: number;
  /** Further tries after 429 and 503 with Retry-After, and after broken connections where repeating is safe. Default 2. */
  maxRetries?: number;
}

/** On whose behalf a call is made. */
export interface Person {
  accessToken: string;
}
