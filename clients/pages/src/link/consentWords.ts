import type { Connection } from "@1relay/core";

import { find } from "../ui/dom.js";
import type { Shown } from "./consentView.js";
import { dollars, list } from "./describe.js";
import { fill } from "./dom.js";
import { providerName } from "./introView.js";

/** The app asked for a new connection; the person changes the one they have. */
export function isOwnWish({ connection, session }: Shown): boolean {
  return connection !== null && !session.update;
}

/** The headings and the button of the consent screen: for a new connection, or for what changes in one. */
export function showWords(shown: Shown, isRepair: boolean): void {
  const { connection } = shown;
  const isNew = connection === null;
  const asksChange = isOwnWish(shown) ? "is connected already" : "asks to change your connection";
  fill("consent-verb", isNew ? "asks to use your AI keys" : asksChange);
  fill("providers-title", isNew ? "Keys it may use" : isRepair ? "Keys" : "Keys to add");
  fill("terms-title", isNew ? "What it may do with them" : "Limits that change");
  fill("stays", isNew ? null : stays(connection, shown));
  find("#approve", HTMLButtonElement).textContent = isNew ? "Approve" : "Save changes";
}

/** "Stays as it is: OpenAI and Sandbox, $5.00 a month." */
function stays({ providers, needsAttention, budgetCents, status }: Connection, shown: Shown): string {
  const alive = providers.filter((provider) => provider !== needsAttention?.provider).map(providerName);
  const { budgetSuggestionCents } = shown.session;
  const isShown = isOwnWish(shown) || ![null, budgetCents].includes(budgetSuggestionCents);
  const budget = isShown ? [] : [`${dollars(budgetCents)} a month`];
  const parts = [...(alive.length > 0 ? [list(alive)] : []), ...budget];
  const paused = status === "paused" ? " The connection is paused, and stays so." : "";
  return `${parts.length > 0 ? `Stays as it is: ${parts.join(", ")}.` : ""}${paused}`.trim();
}
