import { VaultError, type Connection, type UnlockedVault } from "@1relay/core";

import type { KeyFacts } from "../keyGuide/facts.js";
import { make } from "../ui/dom.js";
import { whileBusy } from "../ui/busy.js";
import { toast } from "../ui/toast.js";
import { wordsFor } from "../ui/words.js";
import { day, list } from "./describe.js";
import { KeyForm } from "./keyForm.js";
import { nameOf } from "./providerRow.js";
import { factsOf } from "./providers.js";

type Attention = NonNullable<Connection["needsAttention"]>;
type Events = {
  onChange: () => void;
  /** Puts the key in place of the old one, for the connections of these ids. */
  replaceKey: (apiKey: string, shown: string[]) => Promise<void>;
};

const TROUBLES: Record<string, (name: string) => string> = {
  key_invalid: (name) => `${name} refuses the key`,
  key_quota_exhausted: () => "The key’s account is out of credit",
  connection_unusable: () => "The connection’s copy of the key can’t be opened",
};

/** A provider of the connection whose key has died: replace it, or give the connection the saved one again. */
export class RepairRow {
  readonly provider: string;
  readonly element = make("li", { class: "link-provider link-provider--dead" });
  readonly #connectionId: string;
  readonly #facts: KeyFacts;
  readonly #vault: UnlockedVault;
  readonly #events: Events;
  readonly #again = make("input", { type: "checkbox", name: "renew" });
  #isReplaced = false;
  #form: KeyForm | null = null;

  /** `hasSaved`: there is a key of this provider in the vault, which the app asks for too. */
  constructor(
    connectionId: string,
    attention: Attention,
    hasSaved: boolean,
    vault: UnlockedVault,
    events: Events,
  ) {
    this.#connectionId = connectionId;
    this.provider = attention.provider;
    this.#facts = factsOf(attention.provider);
    this.#vault = vault;
    this.#events = events;
    const words = TROUBLES[attention.code] ?? ((name: string) => `${name} refused a call with the key`);
    this.#showDead(`${words(this.#facts.name)}, since ${day(attention.since)}.`, hasSaved);
  }

  /** The connection has its new key already. */
  get isReplaced(): boolean {
    return this.#isReplaced;
  }

  /** The saved key is to be sealed for the connection once more. */
  get isRenewed(): boolean {
    return this.#again.checked;
  }

  /** Nobody is there any more. */
  stop(): void {
    this.#form?.stop();
  }

  #showDead(trouble: string, hasSaved: boolean): void {
    const told = make("span", { class: "link-provider__note link-provider__note--bad" }, trouble);
    const name = make("span", { class: "link-provider__name" }, ...nameOf(this.#facts), told);
    const replace = make(
      "button",
      { type: "button", class: "button button--quiet button--small" },
      "Replace key",
    );
    replace.setAttribute("aria-label", `Replace key (${this.#facts.name})`);
    replace.addEventListener("click", () => {
      void whileBusy(replace, () => this.#askForKey(replace));
    });
    this.#again.addEventListener("change", this.#events.onChange);
    const again = make("label", { class: "check link-again" }, this.#again, make("span", {}, AGAIN));
    const row = make("div", { class: "link-provider__row" }, name, replace);
    this.element.replaceChildren(row, ...(hasSaved ? [again] : []));
  }

  async #askForKey(button: HTMLButtonElement): Promise<void> {
    try {
      const reseals = (await this.#vault.reseals(this.provider)).filter(({ refused }) => refused === null);
      // A note that is refused can't be sealed for: replacing would take the provider away instead.
      if (!reseals.some(({ connectionId }) => connectionId === this.#connectionId))
        throw new VaultError("tampered");
      const names = [...new Set(reseals.map(({ name }) => name))];
      const shown = reseals.map(({ connectionId }) => connectionId);
      const note = `The new key takes the old one’s place in your vault, and goes to ${list(names)}.`;
      const form = this.#formFor(button, shown, note);
      this.#form = form;
      this.element.append(form.element);
      button.hidden = true;
      form.focus();
    } catch (failure) {
      toast(wordsFor(failure), "bad");
    }
  }

  #formFor(button: HTMLButtonElement, shown: string[], note: string): KeyForm {
    const events = {
      add: async (apiKey: string, said: string) => {
        await this.#events.replaceKey(apiKey, shown);
        this.#showReplaced(said);
      },
      cancel: () => {
        form.element.remove();
        button.hidden = false;
        button.focus();
      },
    };
    const form: KeyForm = new KeyForm(this.#facts, this.#vault, events, note);
    return form;
  }

  #showReplaced(said: string): void {
    this.#isReplaced = true;
    this.#again.checked = false;
    this.element.classList.remove("link-provider--dead");
    const told = make("span", { class: "link-provider__note" }, said || "The connection has the new key.");
    const name = make("span", { class: "link-provider__name" }, ...nameOf(this.#facts), told);
    const chip = make("span", { class: "chip chip--good", tabindex: "-1" }, "Replaced");
    this.element.replaceChildren(make("div", { class: "link-provider__row" }, name, chip));
    chip.focus();
    this.#events.onChange();
  }
}

const AGAIN = "The saved key works again. Give it to this connection once more.";
