import type { Connection, Limits, VaultItem } from "@1relay/core";

import type { LinkExitStatus } from "../../../link-sdk/src/types.js";
import { find, make } from "../ui/dom.js";
import { amountOf, centsOf } from "../ui/words.js";
import { dollars, limitSentences } from "./describe.js";
import { fill } from "./dom.js";
import { ProviderRow } from "./providerRow.js";
import type { LinkSession } from "./session.js";

const MOST_CENTS = 100_000_000;

/** What the person has chosen. `providers` are to be sealed now; `kept` are those an updated connection has already. */
export type Choice = { providers: string[]; kept: string[]; budgetCents: number; limits: Limits };

/** What the person had set before the vault locked under it. */
export type Draft = { budget: string; unticked: string[]; allowUnpriced: boolean };

type Events = {
  /** Something that may change whether Approve makes sense. */
  onChange: () => void;
  onSelect: (provider: string) => void;
  addKey: (provider: string, apiKey: string) => Promise<VaultItem>;
};

/** The consent screen: which keys, how much a month, under which limits. */
export class ConsentView {
  readonly #session: LinkSession;
  readonly #kept: string[];
  readonly #rows: ProviderRow[];
  readonly #budget = find("#budget", HTMLInputElement);
  readonly #unpriced = find("#allow-unpriced", HTMLInputElement);

  /** `connection`: the one to be changed, in update mode. */
  constructor(session: LinkSession, items: VaultItem[], connection: Connection | null, events: Events) {
    this.#session = session;
    this.#kept = connection?.providers ?? [];
    const shown = new Set([...session.requestedProviders, ...this.#kept]);
    this.#rows = [...shown].map((provider) => this.#row(provider, items, events));
    find("#providers", HTMLUListElement).replaceChildren(...this.#rows.map((row) => row.element));
    this.#showBudget(connection);
    this.#showLimits();
    this.#budget.addEventListener("input", events.onChange);
    this.#unpriced.addEventListener("change", events.onChange);
    find("#consent-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
    });
  }

  get draft(): Draft {
    const unticked = this.#rows.filter((row) => row.hasKey && !row.isChosen).map((row) => row.provider);
    return { budget: this.#budget.value, unticked, allowUnpriced: this.#unpriced.checked };
  }

  /** The same person is back: ticks and budget are as they left them. */
  restore(draft: Draft): void {
    this.#budget.value = draft.budget;
    this.#unpriced.checked = draft.allowUnpriced;
    for (const row of this.#rows) if (draft.unticked.includes(row.provider)) row.untick();
  }

  /** The choice as it stands; null while something is missing. */
  get choice(): Choice | null {
    const budgetCents = this.#budgetCents;
    const providers = this.#chosen;
    if (budgetCents === null || (providers.length === 0 && !this.#session.update)) return null;
    return { providers, kept: this.#kept, budgetCents, limits: this.#limits };
  }

  /** What is missing, in words; empty if nothing is. */
  get missing(): string {
    if (!this.#rows.some((row) => row.hasKey)) return "Add a key to go on.";
    if (this.#chosen.length === 0 && !this.#session.update) return "Choose at least one key.";
    if (this.#budgetCents === null) return "Enter a monthly budget, such as 10.00.";
    return "";
  }

  /** Where the person would have left, if they left now. */
  get exitStatus(): LinkExitStatus {
    if (!this.#rows.some((row) => row.hasKey)) return "requires_key";
    return this.#chosen.length === 0 ? "provider_not_selected" : "budget_not_approved";
  }

  get #chosen(): string[] {
    return this.#rows.filter((row) => row.isChosen).map((row) => row.provider);
  }

  get #budgetCents(): number | null {
    const cents = centsOf(this.#budget.value);
    return cents !== null && cents >= 1 && cents <= MOST_CENTS ? cents : null;
  }

  /** What the app asked for, but for models without a price: those only if the person ticks it. */
  get #limits(): Limits {
    const { allowUnpriced, ...limits } = this.#session.limits;
    return allowUnpriced === true && this.#unpriced.checked ? { ...limits, allowUnpriced } : limits;
  }

  #row(provider: string, items: VaultItem[], events: Events): ProviderRow {
    const item = items.find((candidate) => candidate.provider === provider && !candidate.damaged) ?? null;
    return new ProviderRow(provider, item, this.#kept.includes(provider), {
      onToggle: () => {
        events.onSelect(provider);
        events.onChange();
      },
      addKey: (apiKey) => events.addKey(provider, apiKey),
    });
  }

  #showBudget(connection: Connection | null): void {
    const { budgetSuggestionCents } = this.#session;
    const start = budgetSuggestionCents ?? connection?.budgetCents ?? null;
    this.#budget.value = start === null ? "" : amountOf(start);
    const suggested =
      budgetSuggestionCents === null ? "" : `${dollars(budgetSuggestionCents)} is the app’s suggestion. `;
    const now = connection === null ? "" : `Now it is ${dollars(connection.budgetCents)}. `;
    fill(
      "budget-hint",
      `${now}${suggested}Calls stop when it is used up, until the next month begins (UTC).`,
    );
    fill("consent-verb", connection === null ? "asks to use your AI keys" : "asks to change your connection");
  }

  #showLimits(): void {
    const chips = limitSentences(this.#session.limits).map((sentence) =>
      make("li", { class: "chip" }, sentence),
    );
    find("#limits", HTMLUListElement).replaceChildren(...chips);
    this.#unpriced.checked = false;
    find("#unpriced", HTMLElement).hidden = this.#session.limits.allowUnpriced !== true;
  }
}
