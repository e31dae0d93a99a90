import type { Limits } from "@1relay/core";

/** A site as people read it: the host and port; `https://` goes without saying. */
export function siteName(origin: string): string {
  return origin.replace(/^https:\/\//, "").replace(/^http:\/\//, "");
}

/** Whole cents as dollars: 1000 → "$10.00". */
export function dollars(cents: number): string {
  return (cents / 100).toLocaleString("en-US", { style: "currency", currency: "USD" });
}

/** The limits an app asked for, one sentence each. `allowUnpriced` is not one: the person ticks that themselves. */
export function limitSentences(limits: Limits): string[] {
  const { dailyCents, requestsPerMinute, concurrency, models, expiresAt } = limits;
  return [
    isSet(dailyCents) && `At most ${dollars(dailyCents)} a day`,
    isSet(requestsPerMinute) && `At most ${requestsPerMinute} requests a minute`,
    isSet(concurrency) && `At most ${concurrency} requests at the same time`,
    isSet(models) && `Only ${list(models)}`,
    isSet(expiresAt) && `Ends on ${day(expiresAt)}`,
  ].filter((sentence) => sentence !== false);
}

function isSet<T>(value: T): value is NonNullable<T> {
  return value !== null && value !== undefined;
}

/** ["a", "b", "c"] → "a, b, and c". */
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
