import { RelayError, VaultError } from "@1relay/core";

/** What to tell a person about a failure, with what to do next. */
export function wordsFor(error: unknown): string {
  if (error instanceof RelayError || error instanceof VaultError) return error.message;
  return "Something went wrong in this page. Reload it and try again.";
}

/** What the relay says about single members of a form; empty for any other failure. */
export function fieldErrors(error: unknown): Record<string, string> {
  if (!(error instanceof RelayError)) return {};
  const fields = (error.details as { fields?: Record<string, string[]> } | undefined)?.fields;
  const named = Object.entries(fields ?? {}).map(([name, why]) => [outermost(name), why.join(" ")]);
  return Object.fromEntries(named) as Record<string, string>;
}

/** `allowedOrigins.0` and `allowedOrigins[0]` belong to the field `allowedOrigins`. */
function outermost(name: string): string {
  return name.split(/[.[]/, 1)[0] ?? name;
}

/** Whole cents from what a person types: 12, 12.5, $12.50, 12,50. Null for anything else. */
export function centsOf(text: string): number | null {
  const found = /^\$?\s*(\d{1,7})(?:[.,](\d{1,2}))?$/.exec(text.trim());
  if (found === null) return null;
  return Number(found[1]) * 100 + Number((found[2] ?? "").padEnd(2, "0"));
}

/** Cents as an amount to edit: 1250 → 12.50. */
export function amountOf(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`;
}

/** All of a key a person needs to tell it from another. */
export function maskedKey(apiKey: string): string {
  return `•••• ${apiKey.slice(-4)}`;
}
