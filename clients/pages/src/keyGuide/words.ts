import type { KeyFacts } from "./facts";
import type { Outcome } from "./outcomes";

export type Said = { tone: "good" | "warn" | "bad"; title: string; text: string };
type Sentences = (name: string) => [tone: Said["tone"], title: string, text: string];

/** What is said before a key is tried. */
export function beforeCheck(facts: KeyFacts): string {
  const { name } = facts;
  const message =
    facts.trial === null
      ? ""
      : ` and, if that goes well, sends it one word, which costs far less than a cent`;
  return `The relay sees the key for this: it makes one free call to ${name}${message}. Its sealed copy for this is deleted afterwards. You can skip it.`;
}

/** What came of trying a key, and what to do next. */
export function afterCheck(outcome: Outcome, facts: KeyFacts): Said {
  const [tone, title, text] = WORDS[outcome](facts.name);
  return { tone, title, text };
}

/** What is said of a key that looks like another provider's, before it is sent anywhere. */
export function otherProvider(facts: KeyFacts, other: KeyFacts): Said {
  const text = `It was not sent to ${facts.name}. Choose ${other.name} as its provider, or paste another key.`;
  return { tone: "warn", title: `This looks like a key of ${other.name}.`, text };
}

/** The same where the provider is not the person's to choose: an app asked for it. */
export function otherThanAsked(facts: KeyFacts, other: KeyFacts): Said {
  const text = `It was not sent to ${facts.name}. Paste a key of ${facts.name} here. One of ${other.name} goes under ${other.name}, if this app asks for it.`;
  return { ...otherProvider(facts, other), text };
}

const WORDS: Record<Outcome, Sentences> = {
  works: (name) => ["good", "The key works.", `A model of ${name} answered.`],
  accepted: (name) => [
    "good",
    `${name} accepts the key.`,
    "Whether the account has credit shows only when a model is used.",
  ],
  unproven: (name) => [
    "good",
    `${name} had nothing against the key.`,
    "We could not confirm that this proves it; the first use will show.",
  ],
  no_scope: (name) => [
    "bad",
    "This key may not use models.",
    `${name} knows it, but it lacks the permission. Change its permissions there, or make another key.`,
  ],
  no_credit: (name) => [
    "warn",
    "The account has no credit left.",
    `${name} knows the key, but the account is out of credit or at its spend limit. Add credit there; the key itself can stay.`,
  ],
  admin_key: () => [
    "bad",
    "This key manages an account.",
    "It can’t use models, and is too powerful to give to apps. Make an ordinary key instead.",
  ],
  refused: (name) => [
    "bad",
    `${name} refuses the key.`,
    "It may be mistyped, deleted or expired. Copy it again, or make another one.",
  ],
  refused_or_no_credit: (name) => [
    "bad",
    `${name} refuses the key.`,
    "It answers so to a wrong key, and when the credit is used up. Check the balance there, then copy the key again.",
  ],
  account_blocked: (name) => [
    "bad",
    "The account or project is blocked.",
    `${name} refuses its calls, whatever the key. Look for a notice there.`,
  ],
  address_blocked: (name) => [
    "bad",
    "The key is tied to other addresses.",
    `${name} accepts it only from places set for it, and the relay is none of them. Lift that restriction, or make a key without one.`,
  ],
  region: (name) => [
    "bad",
    "Not available from where this relay runs.",
    `${name} refused the relay’s place or network, not the key. Another key won’t help here.`,
  ],
  not_allowed: (name) => [
    "warn",
    `${name} does not allow the call.`,
    "The key may lack a permission, or the account or region is not allowed to use models.",
  ],
  busy: (name) => [
    "warn",
    `${name} is holding the account back.`,
    "Too many calls were made lately, so it answered nothing else about the key. Try again in a minute, or save the key as it is.",
  ],
  provider_down: (name) => [
    "warn",
    `${name} has trouble of its own.`,
    "That says nothing about the key. Try again in a moment, or save the key as it is.",
  ],
  unclear: (name) => [
    "warn",
    `${name} gave an answer we don’t know.`,
    "That says nothing sure about the key. You can save it and see.",
  ],
  unreachable: (name) => [
    "warn",
    `${name} can’t be reached.`,
    "The relay got no answer from there. Try again in a moment, or save the key as it is.",
  ],
  relay_failed: () => [
    "warn",
    "The key could not be tried.",
    "The relay refused or did not answer. Try again in a moment, or save the key as it is.",
  ],
  skipped: () => ["warn", "The key was not tried.", "The first use will show whether it works."],
};
