/** A site as people read it: the host and port; `https://` goes without saying. */
export function siteName(origin: string): string {
  return origin.replace(/^https:\/\//, "").replace(/^http:\/\//, "");
}

/** Whole cents as dollars: 1000 → "$10.00". */
export function dollars(cents: number): string {
  return (cents / 100).toLocaleString("en-US", { style: "currency", currency: "USD" });
}

export function isSet<T>(value: T): value is NonNullable<T> {
  return value !== null && value !== undefined;
}

/** ["a", "b", "c"] → "a, b, and c". */
export function list(names: string[]): string {
  return new Intl.ListFormat("en", { type: "conjunction" }).format(names);
}

/** "3 November 2026" */
export function day(time: string): string {
  return new Date(time).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}

/** The letter that stands for an app where a logo would be. */
export function initial(name: string): string {
  const [first] = name.trim();
  return (first ?? "?").toUpperCase();
}
