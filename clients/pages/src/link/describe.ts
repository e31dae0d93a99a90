import type { Limits } from "@1relay/core";

/** A site as people read it: the host and port; `https://` goes without saying. */
export function siteName(origin: string): string {
  return origin.replace(/^https:\/\//, "").replace(/^http:\/\//, "");
}

/** Whole cents as dollars: 1000 → "$10.00". */
export function dollars(cents: number): string {
  return (cents / 100).toLocaleString("en-US", { style: "currency", currency: "USD" });
}

/** What a person typed for dollars, as whole cents; null if it is not an amount from a cent to a million dollars. */
export function parseDollars(text: string): number | null {
  const found = /^\$?(\d{1,7})(?:[.,](\d{1,2}))?$/.exec(text.trim());
  if (!found) return null;
  const cents = Number(found[1]) * 100 + Number((found[2] ?? "").padEnd(2, "0"));
  return cents >= 1 && cents <= 100_000_000 ? cents : null;
}

/** The limits an app asked for, one sentence each. `allowUnpriced` is not one: the person ticks that themselves. */
export function limitSentences(limits: Limits): string[] {
  const sentences: string[] = [];
  if (limits.dailyCents !== undefined) sentences.push(`At most ${dollars(limits.dailyCents)} a day`);
  if (limits.requestsPerMinute !== undefined)
    sentences.push(`At most ${limits.requestsPerMinute} requests a minute`);
  if (limits.concurrency !== undefined)
    sentences.push(`At most ${limits.concurrency} requests at the same time`);
  if (limits.models !== undefined) sentences.push(`Only ${list(limits.models)}`);
  if (limits.expiresAt !== undefined) sentences.push(`Ends on ${day(limits.expiresAt)}`);
  return sentences;
}

/** ["a", "b", "c"] → "a, b and c". */
export function list(names: string[]): string {
  return new Intl.ListFormat("en", { type: "conjunction" }).format(names);
}

function day(time: string): string {
  return new Date(time).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}

/** The letter that stands for an app where a logo would be. */
export function initial(name: string): string {
  const [first] = name.trim();
  return (first ?? "?").toUpperCase();
}
