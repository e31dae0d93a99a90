import { base64url } from "./messages.js";

/** True for what looks like a link token (protocol.md, "Tokens"); the relay checks the rest. */
export function isLinkToken(token: unknown): token is string {
  return typeof token === "string" && /^1r_lt_[0-9A-Za-z]{49}$/.test(token);
}

/** True for an absolute http(s) address. */
export function isWebAddress(address: unknown): boolean {
  return typeof address === "string" && /^https?:\/\//i.test(address) && URL.canParse(address);
}

/** The frame's address: the token's hash in the path, the token itself in the fragment, which no server sees. */
export async function frameUrl(apiBaseUrl: string, token: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return `${apiBaseUrl.replace(/\/+$/, "")}/link/frame/${base64url(new Uint8Array(digest))}#${token}`;
}
