import type { LinkSession } from "./session.js";

type Target = NonNullable<LinkSession["redirect"]>;

/** Where the browser goes with an approval: `redirectUri#publicToken=…&linkSessionId=…&…&state=…` (api.md, "Pages"). */
export function successUrl(
  target: Target,
  linkSessionId: string,
  publicToken: string | null,
  granted: { connectionId?: string; providers?: string; budgetCents?: string } = {},
): string {
  return withParameters(target, { publicToken, linkSessionId, ...granted });
}

/** Where the browser goes without one. */
export function exitUrl(target: Target, linkSessionId: string, code: string): string {
  return withParameters(target, { error: code, linkSessionId });
}

function withParameters(target: Target, parameters: Record<string, string | null>): string {
  const url = new URL(target.uri);
  const added = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...parameters, state: target.state })) {
    if (value !== null) added.set(name, value);
  }
  if (target.responseMode === "fragment") return `${target.uri}#${added.toString()}`;
  for (const [name, value] of added) url.searchParams.set(name, value);
  return url.href;
}
