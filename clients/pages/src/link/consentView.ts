import type { Connection, Limits, UnlockedVault, VaultItem } from "@1relay/core";

import type { LinkExitStatus } from "../../../link-sdk/src/types.js";
import { find } from "../ui/dom.js";
import { BudgetField } from "./budgetField.js";
import { isOwnWish, showWords } from "./consentWords.js";
import { ProviderRow } from "./providerRow.js";
import { RepairRow } from "./repairRow.js";
import type { LinkSession } from "./session.js";
import { changedLimits, changedTerms, rowsOf, termsOf } from "./terms.js";

/** What the person has chosen. `providers` are to be sealed now, those of `renew` again; `kept` an updated connection has. */
export type Choice = {
  providers: string[];
  renew: string[];
  kept: string[];
  budgetCents: number;
  /** False for an amount that a connection to be changed had when it was shown. */
  changesBudget: boolean;
  limits: Limits;
};

/** What the person had set before the vault locked under it. */
export type Draft = { budget: string | null; unticked: string[]; allowUnpriced: boolean };

type Events = {
  /** Something that may change whether Approve makes sense. */
  onChange: () => void;
  onSelect: (provider: string) => void;
  addKey: (provider: string, apiKey: string) => Promise<VaultItem>;
  replaceKey: (provider: string, apiKey: string, shown: string[]) => Promise<void>;
};

/** What is on the consent screen: who asks, whose vault is open, and in update mode the connection to be changed. */
export type Shown = {
  session: LinkSession;
  vault: UnlockedVault;
  items: VaultItem[];
  connection: Connection | null;
};

/** The consent screen: which keys, how much a month, under which limits. Of a connection to be changed only what changes. */
export class ConsentView {
  readonly #shown: Shown;
  readonly #kept: string[];
  readonly #rows: ProviderRow[];
  readonly #repair: RepairRow | null;
  readonly #budget: BudgetField;
  readonly #unpriced = find("#allow-unpriced", HTMLInputElement);

  constructor(shown: Shown, events: Events) {
    this.#shown = shown;
    const { session, connection } = shown;
    this.#kept = connection?.providers ?? [];
    const asked = session.requestedProviders.filter((provider) => !this.#kept.includes(provider));
    this.#rows = asked.map((provider) => this.#row(provider, events));
    this.#repair = this.#repairRow(events);
    const elements = [this.#repair?.element, ...this.#rows.map((row) => row.element)];
    const rows = elements.filter((element) => element !== undefined);
    find("#providers", HTMLUListElement).replaceChildren(...rows);
    find("#providers-part", HTMLElement).hidden = rows.length === 0;
    const { budgetSuggestionCents: suggestedCents } = session;
    this.#budget = new BudgetField(
      { suggestedCents, nowCents: connection?.budgetCents ?? null, isOwnWish: isOwnWish(shown) },
      events.onChange,
    );
    this.#unpriced.checked = false;
    this.#unpriced.onchange = events.onChange;
    find("#consent-form", HTMLFormElement).onsubmit = (event) => {
      event.preventDefault();
    };
    this.#showTerms();
    showWords(shown, this.#repair !== null);
  }

  get draft(): Draft {
    const unticked = this.#rows.filter((row) => row.hasKey && !row.isChosen).map((row) => row.provider);
    return { budget: this.#budget.text, unticked, allowUnpriced: this.#unpriced.checked };
  }

  /** Nobody is there any more: ends checks of keys, and takes keys and their names off the page. */
  stop(): void {
    this.#repair?.stop();
    for (const row of this.#rows) row.stop();
    find("#providers", HTMLUListElement).replaceChildren();
  }

  /** The same person is back: ticks and budget are as they left them. */
  restore(draft: Draft): void {
    this.#budget.restore(draft.budget);
    this.#unpriced.checked = draft.allowUnpriced;
    for (const row of this.#rows) if (draft.unticked.includes(row.provider)) row.untick();
  }

  /** The connection to be changed, as it is on the screen. */
  get connection(): Connection | null {
    return this.#shown.connection;
  }

  /** The choice as it stands; null while something is missing. */
  get choice(): Choice | null {
    const budgetCents = this.#budget.cents;
    if (budgetCents === null || this.missing !== "") return null;
    const renew = this.#repair?.isRenewed ? [this.#repair.provider] : [];
    const changesBudget = budgetCents !== this.#shown.connection?.budgetCents;
    const providers = { providers: this.#chosen, renew, kept: this.#kept };
    return { ...providers, budgetCents, changesBudget, limits: this.#limits };
  }

  /** What is missing, in words; empty if nothing is. */
  get missing(): string {
    const isNew = this.#shown.connection === null;
    if (isNew && !this.#rows.some((row) => row.hasKey)) return "Add a key to go on.";
    if (isNew && this.#chosen.length === 0) return "Choose at least one key.";
    if (this.#budget.cents === null) return "Enter a monthly budget, such as 10.00.";
    return isNew || this.#changesSomething ? "" : this.#nothingChanges;
  }

  /** Where the person would have left, if they left now. */
  get exitStatus(): LinkExitStatus {
    if (this.#shown.connection !== null) return "budget_not_approved";
    if (!this.#rows.some((row) => row.hasKey)) return "requires_key";
    return this.#chosen.length === 0 ? "provider_not_selected" : "budget_not_approved";
  }

  get #chosen(): string[] {
    return this.#rows.filter((row) => row.isChosen).map((row) => row.provider);
  }

  /** What the app asked for and the screen shows; models without a price only if the person ticks it. */
  get #limits(): Limits {
    const { allowUnpriced, ...asked } = this.#shown.session.limits;
    const now = this.#shown.connection;
    const limits = now === null ? asked : changedLimits(now.limits, asked);
    return allowUnpriced === true && this.#unpriced.checked ? { ...limits, allowUnpriced } : limits;
  }

  get #changesSomething(): boolean {
    const now = this.#shown.connection;
    if (now === null || this.#chosen.length > 0 || this.#budget.cents !== now.budgetCents) return true;
    if (this.#repair?.isReplaced || this.#repair?.isRenewed || this.#unpriced.checked) return true;
    return changedTerms(now.limits, this.#shown.session.limits).length > 0;
  }

  get #nothingChanges(): string {
    if (this.#repair !== null) return "Replace the key, or give the saved one again.";
    return this.#rows.length > 0 ? "Add or tick a key to go on." : "Nothing would change.";
  }

  #row(provider: string, events: Events): ProviderRow {
    const { vault } = this.#shown;
    return new ProviderRow(provider, this.#item(provider), vault, {
      onToggle: () => {
        events.onSelect(provider);
        events.onChange();
      },
      addKey: (apiKey) => events.addKey(provider, apiKey),
    });
  }

  #repairRow({ onChange, replaceKey }: Events): RepairRow | null {
    const { connection, session, vault } = this.#shown;
    if (!connection?.needsAttention) return null;
    const { provider } = connection.needsAttention;
    const hasSaved = this.#item(provider) !== null && session.requestedProviders.includes(provider);
    return new RepairRow(connection.id, connection.needsAttention, hasSaved, vault, {
      onChange,
      replaceKey: (apiKey, shown) => replaceKey(provider, apiKey, shown),
    });
  }

  #item(provider: string): VaultItem | null {
    const { items } = this.#shown;
    return items.find((item) => item.provider === provider && !item.damaged) ?? null;
  }

  #showTerms(): void {
    const { session, connection } = this.#shown;
    const { limits } = session;
    const terms = connection === null ? termsOf(limits) : changedTerms(connection.limits, limits);
    find("#terms", HTMLElement).replaceChildren(...rowsOf(terms));
    find("#terms-part", HTMLElement).hidden = terms.length === 0;
    const mayAsk = limits.allowUnpriced === true && connection?.limits.allowUnpriced !== true;
    find("#unpriced", HTMLElement).hidden = !mayAsk;
  }
}
