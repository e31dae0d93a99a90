import { make } from "../ui/dom";
import type { KeyFacts } from "./facts";

/** The walk-through of where a provider's key is had: steps, link, what to set there, what the key looks like. */
export function keyGuide(facts: KeyFacts): HTMLElement {
  const { steps, permissions, spendLimit, looksLike } = facts.guide;
  const parts: Node[] = [];
  if (facts.keyPage !== null) parts.push(keyPageLink(facts.keyPage, facts.name));
  parts.push(make("ol", { class: "key-guide__steps" }, ...steps.map((step) => make("li", {}, step))));
  const details = [
    ...detail("Permissions", permissions),
    ...detail("Spend limit", spendLimit),
    ...detail("The key", looksLike),
  ];
  if (details.length > 0) parts.push(make("dl", { class: "key-guide__facts" }, ...details));
  if (facts.doubts.includes("keyGuide")) parts.push(make("p", { class: "key-guide__doubt" }, UNCONFIRMED));
  return make("div", { class: "key-guide" }, ...parts);
}

/** The same, folded up behind a question; open where `open`. */
export function foldedKeyGuide(facts: KeyFacts, open = false): HTMLDetailsElement {
  const summary = make("summary", {}, `Where do I get a key from ${facts.name}?`);
  const folded = make("details", { class: "key-guide-fold" }, summary, keyGuide(facts));
  folded.open = open;
  return folded;
}

const UNCONFIRMED =
  "Unconfirmed: not all of this is the provider’s own word. Their pages may look different by now.";

function keyPageLink(page: string, name: string): HTMLElement {
  const where = `${new URL(page).host}${new URL(page).pathname.replace(/\/$/, "")}`;
  const link = make(
    "a",
    { href: page, target: "_blank", rel: "noopener noreferrer" },
    where,
    make("span", { class: "visually-hidden" }, ` (${name}’s key page, opens in a new tab)`),
  );
  return make("p", { class: "key-guide__link" }, "Key page: ", link);
}

function detail(term: string, text: string | null): Node[] {
  return text === null ? [] : [make("dt", {}, term), make("dd", {}, text)];
}
