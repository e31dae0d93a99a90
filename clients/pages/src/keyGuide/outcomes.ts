import type { TrialAnswer } from "@1relay/core";

import type { AnswerMeaning, KeyFacts } from "./facts";

/** What came of trying a key. */
export type Outcome =
  /** A model answered. */
  | "works"
  /** The provider took the key; whether it may use models and has credit was not shown. */
  | "accepted"
  /** As `accepted`, by a call of which nobody has confirmed that it looks at the key. */
  | "unproven"
  | Exclude<AnswerMeaning, "no_list">
  | "not_allowed"
  | "busy"
  | "provider_down"
  | "unclear"
  | "unreachable"
  | "relay_failed"
  | "skipped";

/** The key can be saved without a further question. */
export function isGood(outcome: Outcome): boolean {
  return ["works", "accepted", "unproven", "skipped"].includes(outcome);
}

/** What an answer means; null if it is no refusal. */
export function meaningOf(facts: KeyFacts, answer: TrialAnswer): Outcome | "no_list" | null {
  if (answer.isRelays) return byRelay(answer.code);
  const told = facts.answers.find(
    ({ status, matches }) => status === answer.status && new RegExp(matches ?? "", "i").test(answer.text),
  );
  if (told !== undefined) return told.outcome;
  if (answer.status < 300) return null;
  const trouble = facts.troubles.find(
    ({ status, contains }) => status === answer.status && answer.text.includes(contains ?? ""),
  );
  if (trouble !== undefined) return trouble.code === "key_quota_exhausted" ? "no_credit" : "refused";
  return byStatus(answer.status);
}

/** What a generation tells beyond a check that passed: only what is known to be about the key; else nothing. */
export function meaningOfTrial(facts: KeyFacts, answer: TrialAnswer): Outcome | null {
  const meaning = meaningOf(facts, answer);
  if (meaning === null) return "works";
  return meaning !== "no_list" && ABOUT_THE_KEY.has(meaning) ? meaning : null;
}

/** The first of the trial's models that the list names; with no list to look at, the first of all. */
export function trialModel(facts: KeyFacts, list: string | null): string | null {
  const models = facts.trial?.models ?? [];
  const found =
    list === null ? models[0] : models.find((id) => list.includes(`"${id}"`) || list.includes(`/${id}"`));
  return found ?? null;
}

const ABOUT_THE_KEY = new Set<Outcome>([
  "no_scope",
  "no_credit",
  "admin_key",
  "refused",
  "refused_or_no_credit",
  "account_blocked",
  "address_blocked",
  "region",
  "not_allowed",
  "busy",
]);

function byRelay(code: string | null): Outcome {
  return code === "provider_unreachable" || code === "provider_timeout" ? "unreachable" : "relay_failed";
}

/** What a status means everywhere, where the provider says nothing else of it. */
function byStatus(status: number): Outcome {
  if (status === 401) return "refused";
  if (status === 402) return "no_credit";
  if (status === 403) return "not_allowed";
  if (status === 429) return "busy";
  return status >= 500 ? "provider_down" : "unclear";
}
