import { LinkFailure } from "./errors.js";
import { base64url } from "./messages.js";
import type { LinkTokenSource } from "./types.js";

const TOKEN_TIMEOUT_MS = 30_000;

/** True for what looks like a link token (protocol.md, "Tokens"); the relay checks the rest. */
export function isLinkToken(token: unknown): token is string {
  return typeof token === "string" && /^1r_lt_[0-9A-Za-z]{49}$/.test(token);
}

/** What can be told to be wrong without waiting; null if nothing. Values are unchecked: not every app is written in TypeScript. */
export function problemOf(token: unknown, apiBaseUrl: unknown): LinkFailure | null {
  const isAwaited =
    typeof token === "function" || typeof (token as PromiseLike<string> | null)?.then === "function";
  if (!isAwaited && !isLinkToken(token)) return new LinkFailure("invalid_token");
  if (!isWebAddress(apiBaseUrl)) return new LinkFailure("invalid_base_url");
  if (!isSecureContext) return new LinkFailure("insecure_context");
  return null;
}

/** The link token; a function is asked now. Raises LinkFailure. */
export async function linkToken(source: LinkTokenSource): Promise<string> {
  let token: unknown;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, TOKEN_TIMEOUT_MS, new LinkFailure("token_unavailable"));
  });
  try {
    token = await Promise.race([typeof source === "function" ? source() : source, tooLate]);
  } catch (failure) {
    throw failure instanceof LinkFailure ? failure : new LinkFailure("token_unavailable", failure);
  } finally {
    clearTimeout(timer);
  }
  if (!isLinkToken(token)) throw new LinkFailure("invalid_token");
  return token;
}

/** True for an absolute http(s) address. */
export function isWebAddress(address: unknown): boolean {
  if (typeof address !== "string" || !/^https?:\/\//i.test(address)) return false;
  try {
    return new URL(address).host !== "";
  } catch {
    return false;
  }
}

/** The address of a page of Link: the token's hash in the path, the token itself in the fragment, which no server sees. */
export async function pageUrl(
  apiBaseUrl: string,
  page: "link" | "link/frame",
  token: string,
): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return `${apiBaseUrl.replace(/\/+$/, "")}/${page}/${base64url(new Uint8Array(digest))}#${token}`;
}
