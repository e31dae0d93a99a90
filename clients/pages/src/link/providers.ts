import { readKeyFacts, type KeyFacts } from "../keyGuide/facts.js";

let known: KeyFacts[] | null = null;

/** What this window was told of all providers. */
export function allFacts(): KeyFacts[] {
  known ??= readKeyFacts("provider-facts");
  return known;
}

/** Of one; a provider that the relay's table has lost is only a name. */
export function factsOf(id: string): KeyFacts {
  return allFacts().find((facts) => facts.id === id) ?? { ...UNKNOWN, id, name: id };
}

const UNKNOWN: Omit<KeyFacts, "id" | "name"> = {
  confirmed: true,
  doubts: [],
  keyPage: null,
  keyShapes: [],
  refusedKeyShapes: [],
  guide: { steps: [], permissions: null, spendLimit: null, looksLike: null },
  check: { method: "GET", path: "/", headers: {}, listsModels: false },
  answers: [],
  troubles: [],
  trial: null,
};
