import type { LinkError } from "../../../link-sdk/src/types.js";
import { dollars, initial, limitSentences, siteName } from "./describe.js";
import { find, make } from "../ui/dom.js";
import { fill, pageData } from "./dom.js";
import type { LinkSession } from "./session.js";

export type ProviderFacts = {
  id: string;
  name: string;
  /** Whether the facts that calls to it rest on are the provider's own word. */
  confirmed: boolean;
  keyPage: string | null;
  keyShapes: string[];
  refusedKeyShapes: { shape: string; why: string }[];
};

const known = new Map((pageData("provider-facts") as ProviderFacts[]).map((facts) => [facts.id, facts]));

/** What the relay's table says of a provider (spec/providers.json); its id stands in for the name of one it lacks. */
export function providerFacts(id: string): ProviderFacts {
  return (
    known.get(id) ?? { id, name: id, confirmed: true, keyPage: null, keyShapes: [], refusedKeyShapes: [] }
  );
}

/** The parts frame and window share: who asks. */
export function fillApp(session: LinkSession): void {
  fill("app-name", session.app.name);
  fill("app-initial", initial(session.app.name));
  fill("app-verified", session.app.verified ? "Verified" : null);
  fill("app-unverified", session.app.verified ? null : "Not verified");
}

/** The site that will be given the connection, larger than the name the app chose for itself. */
export function fillOrigin(origin: string | null): void {
  fill("site", origin === null ? null : siteName(origin));
}

export function fillError(error: LinkError): void {
  fill("error-message", error.message);
  fill("error-request", error.requestId ? `Request ${error.requestId}` : null);
}

/** The frame's list of what is asked for. */
export function fillIntro(session: LinkSession): void {
  fillApp(session);
  const names = session.requestedProviders.map((id) => make("li", { class: "chip" }, providerFacts(id).name));
  find("#asked-providers", HTMLUListElement).replaceChildren(...names);
  const { budgetSuggestionCents } = session;
  fill(
    "asked-budget",
    budgetSuggestionCents === null ? "You set it" : `${dollars(budgetSuggestionCents)} a month suggested`,
  );
  const limits = limitSentences(session.limits);
  fill("asked-limits", limits.length === 0 ? null : limits.join(" · "));
  fill("intro-verb", session.update ? "asks to change your connection" : "asks to use your AI keys");
}
