import { UsageError } from "./errors.js";

const PRINTABLE = /^[\x21-\x7e]+$/;

/** Refuses early what can't be a credential of this kind; fetch would quote one with a line break in its own exception. */
export function checkCredential(value: unknown, prefix: string, name: string): void {
  if (typeof value === "string" && value.startsWith(prefix) && PRINTABLE.test(value)) return;
  throw new UsageError(`${name} must be the whole ${prefix}… string that 1Relay gave you.`);
}

/** An id as a part of a path. Raises UsageError for what could lead to another path. */
export function segment(id: string): string {
  if (!/^[a-z]{3}_[0-9A-Za-z_]{16,40}$/.test(id))
    throw new UsageError("This is not an id that 1Relay gave out.");
  return id;
}

/** A provider's id as a part of a path. */
export function providerSegment(provider: string): string {
  if (!/^[a-z0-9][a-z0-9_-]{0,63}$/.test(provider))
    throw new UsageError('provider must be a provider’s id, such as "openai".');
  return provider;
}

export function queryString(query: object): string {
  const pairs = Object.entries(query as Record<string, unknown>)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]): [string, string] => [name, Array.isArray(value) ? value.join(",") : String(value)]);
  return pairs.length ? `?${new URLSearchParams(pairs).toString()}` : "";
}

/** The relay's address without a slash at its end. */
export function checkedBaseUrl(baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  const fine =
    url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash;
  if (!fine)
    throw new UsageError("baseUrl must be an http or https address without user, query or fragment.");
  return url.href.replace(/\/+$/, "");
}
