import type { KeyFacts } from "./facts";

/** What the look of a key tells before anything is sent. Shapes are hints; only a key of a refused kind is turned away. */
export type Look =
  | { kind: "plain" }
  | { kind: "admin_key"; why: string }
  | { kind: "other_provider"; other: KeyFacts }
  | { kind: "unusual" };

const PLAIN: Look = { kind: "plain" };
const FEWEST_CHARACTERS = 8;

/** How a key looks for a provider, among all of them. */
export function lookOf(apiKey: string, facts: KeyFacts, all: KeyFacts[]): Look {
  const refused = refusalOf(apiKey, facts);
  if (refused !== null) return { kind: "admin_key", why: refused };
  if (apiKey.length < FEWEST_CHARACTERS || fits(apiKey, facts)) return PLAIN;
  const other = providerOf(apiKey, all);
  if (other !== null && other.id !== facts.id) {
    const why = refusalOf(apiKey, other);
    return why === null ? { kind: "other_provider", other } : { kind: "admin_key", why };
  }
  return facts.keyShapes.length === 0 ? PLAIN : { kind: "unusual" };
}

/** The provider whose keys look like this one; null where none or several do. */
export function providerOf(apiKey: string, all: KeyFacts[]): KeyFacts | null {
  const found = all.filter((facts) => fits(apiKey, facts) || refusalOf(apiKey, facts) !== null);
  return found.length === 1 ? (found[0] ?? null) : null;
}

/** Why a key of this kind is never taken: it manages an account, or signs a person in. */
export function refusalOf(apiKey: string, facts: KeyFacts): string | null {
  return facts.refusedKeyShapes.find(({ shape }) => new RegExp(shape).test(apiKey))?.why ?? null;
}

function fits(apiKey: string, facts: KeyFacts): boolean {
  return facts.keyShapes.some((shape) => new RegExp(shape).test(apiKey));
}
