import type { LinkError } from "../../../link-sdk/src/types.js";
import { find, make } from "../ui/dom.js";
import { fill, pageData } from "./dom.js";
import { dollars, initial, siteName } from "./describe.js";
import type { LinkSession } from "./session.js";
import { termsOf } from "./terms.js";

type ProviderName = { id: string; name: string; confirmed: boolean };

/** Failures that pass: the same thing may work when it is tried again. */
const PASSING = new Set([
  "network_unreachable",
  "network_timeout",
  "unreadable_answer",
  "service_unavailable",
  "rate_limited",
  "internal_error",
]);

const names = new Map((pageData("provider-facts") as ProviderName[]).map((facts) => [facts.id, facts.name]));

/** What a provider is called; its id where the relay's table lacks it. */
export function providerName(id: string): string {
  return names.get(id) ?? id;
}

/** The parts frame and window share: who asks, and whether anybody has confirmed it. */
export function fillApp({ app }: LinkSession): void {
  fill("app-name", app.name);
  fill("app-initial", initial(app.name));
  for (const logo of document.querySelectorAll<HTMLImageElement>("[data-logo]")) showLogo(logo);
  const trust = app.testMode ? "test" : app.verified ? "verified" : "unverified";
  for (const line of document.querySelectorAll<HTMLElement>("[data-trust]"))
    line.hidden = line.dataset["trust"] !== trust;
}

/** The app's logo; its initial, which stands beside it, where the picture can't be shown. */
function showLogo(logo: HTMLImageElement): void {
  const show = () => {
    const isBroken = logo.complete && logo.naturalWidth === 0;
    logo.hidden = isBroken;
    for (const tile of logo.parentElement?.querySelectorAll<HTMLElement>(".tile") ?? [])
      tile.hidden = !isBroken;
  };
  logo.addEventListener("error", show);
  show();
}

/** The site that will be given the connection, larger than the name the app chose for itself. */
export function fillOrigin(origin: string | null): void {
  fill("site", origin === null ? null : siteName(origin));
}

export function fillError(error: LinkError): void {
  const passes = PASSING.has(error.code);
  fill("error-title", passes ? "1Relay can’t be reached" : (TITLES[error.code] ?? "This can’t go on"));
  fill("error-message", error.message);
  fill("error-request", error.requestId ? `Request ${error.requestId}` : null);
  find("#retry", HTMLElement).hidden = !passes;
}

const TITLES: Record<string, string> = {
  link_expired: "This request has expired",
  link_consumed: "This request is over",
  app_unreachable: "The app’s page has gone",
  internal_error: "Something went wrong",
};

/** What is asked for, before anything is decided. */
export function fillIntro(session: LinkSession): void {
  fillApp(session);
  const chips = session.requestedProviders.map((id) => make("li", { class: "chip" }, providerName(id)));
  find("#asked-providers", HTMLUListElement).replaceChildren(...chips);
  const { budgetSuggestionCents, limits, update } = session;
  const budget = update ? "Stays as it is" : "You set it";
  fill(
    "asked-budget",
    budgetSuggestionCents === null ? budget : `${dollars(budgetSuggestionCents)} a month suggested`,
  );
  const [models, until, ...others] = termsOf(limits);
  // What an update leaves as it is goes without saying.
  fill("asked-models", update && !limits.models ? null : (models?.then ?? null));
  fill("asked-until", update && !limits.expiresAt ? null : (until?.then ?? null));
  const rates = others.map(({ label, then }) => `${then.replace("At most ", "")} ${label.toLowerCase()}`);
  fill("asked-limits", rates.length === 0 ? null : rates.join(" · "));
  fill("intro-verb", update ? "asks to change your connection" : "asks to use your AI keys");
}
