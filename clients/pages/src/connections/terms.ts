/** The limits of a connection as the relay names them; null is no limit. Source: spec/api.md, `limits`. */
export type Terms = {
  dailyCents: number | null;
  requestsPerMinute: number | null;
  concurrency: number | null;
  models: string[] | null;
  expiresAt: string | null;
  allowUnpriced: boolean;
};

/** What the server wrote into the page, every limit named. */
export function termsOf(given: Partial<Terms> & { budgetCents: number }): Terms & { budgetCents: number } {
  return {
    budgetCents: given.budgetCents,
    dailyCents: given.dailyCents ?? null,
    requestsPerMinute: given.requestsPerMinute ?? null,
    concurrency: given.concurrency ?? null,
    models: given.models ?? null,
    expiresAt: given.expiresAt ?? null,
    allowUnpriced: given.allowUnpriced ?? false,
  };
}

/** Whether `wanted` allows anything that `old` does not: then the relay asks for elevation (linkflow/limits.py). */
export function givesMore(
  wanted: Terms & { budgetCents: number },
  old: Terms & { budgetCents: number },
): boolean {
  const more = (a: number | null, b: number | null): boolean => b !== null && (a === null || a > b);
  return (
    more(wanted.budgetCents, old.budgetCents) ||
    more(wanted.dailyCents, old.dailyCents) ||
    more(wanted.requestsPerMinute, old.requestsPerMinute) ||
    more(wanted.concurrency, old.concurrency) ||
    more(timeOf(wanted.expiresAt), timeOf(old.expiresAt)) ||
    (old.models !== null && !isWithin(wanted.models, old.models)) ||
    (wanted.allowUnpriced && !old.allowUnpriced)
  );
}

/** Only what differs, so that what somebody changed elsewhere meanwhile stays. */
export function differences(
  wanted: Terms & { budgetCents: number },
  old: Terms & { budgetCents: number },
): { budgetCents?: number; limits?: Partial<Terms> } {
  const names: (keyof Terms)[] = [
    "dailyCents",
    "requestsPerMinute",
    "concurrency",
    "models",
    "expiresAt",
    "allowUnpriced",
  ];
  const changed = names.filter((name) => JSON.stringify(wanted[name]) !== JSON.stringify(old[name]));
  const limits = Object.fromEntries(changed.map((name) => [name, wanted[name]])) as Partial<Terms>;
  return {
    ...(wanted.budgetCents === old.budgetCents ? {} : { budgetCents: wanted.budgetCents }),
    ...(changed.length === 0 ? {} : { limits }),
  };
}

function isWithin(models: string[] | null, old: string[]): boolean {
  return models?.every((model) => old.includes(model)) === true;
}

function timeOf(text: string | null): number | null {
  return text === null ? null : Date.parse(text);
}
