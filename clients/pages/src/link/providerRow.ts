import type { UnlockedVault, VaultItem } from "@1relay/core";

import type { KeyFacts } from "../keyGuide/facts.js";
import { make } from "../ui/dom.js";
import { whileBusy } from "../ui/busy.js";
import { KeyForm } from "./keyForm.js";
import { factsOf } from "./providers.js";
import { toast } from "../ui/toast.js";
import { wordsFor } from "../ui/words.js";

/** The key of the built-in provider that always answers; it costs nobody anything. */
const SANDBOX_KEY = "sandbox-key-works";

type Events = { onToggle: () => void; addKey: (apiKey: string) => Promise<VaultItem> };

/** One requested provider: a box to tick if its key is in the vault, else the way to add one. */
export class ProviderRow {
  readonly provider: string;
  readonly element = make("li", { class: "link-provider" });
  readonly #facts: KeyFacts;
  readonly #vault: UnlockedVault;
  readonly #events: Events;
  #box: HTMLInputElement | null = null;
  #form: KeyForm | null = null;

  constructor(provider: string, item: VaultItem | null, vault: UnlockedVault, events: Events) {
    this.provider = provider;
    this.#facts = factsOf(provider);
    this.#vault = vault;
    this.#events = events;
    if (item) this.#showBox(item.label);
    else this.#showMissing();
  }

  get hasKey(): boolean {
    return this.#box !== null;
  }

  /** Ticked, so to be sealed for the connection. */
  get isChosen(): boolean {
    return this.#box?.checked ?? false;
  }

  untick(): void {
    if (this.#box !== null) this.#box.checked = false;
  }

  /** Nobody is there any more. */
  stop(): void {
    this.#form?.stop();
  }

  #showBox(note: string): void {
    const id = `provider-${this.provider}`;
    this.#box = make("input", { type: "checkbox", id, name: "provider", value: this.provider });
    this.#box.checked = true;
    this.#box.addEventListener("change", this.#events.onToggle);
    const told = make("span", { class: "link-provider__note" }, note);
    this.#row(this.#box, make("label", { for: id }, ...nameOf(this.#facts), told));
  }

  #showMissing(): void {
    const isSandbox = this.provider === "sandbox";
    const note = isSandbox ? "Practice provider, free of charge" : "No key in your vault yet";
    const told = make("span", { class: "link-provider__note" }, note);
    const name = make("span", { class: "link-provider__name" }, ...nameOf(this.#facts), told);
    const action = isSandbox ? "Use a sandbox key" : "Add key";
    const button = make("button", { type: "button", class: "button button--quiet button--small" }, action);
    button.setAttribute("aria-label", `${action} (${this.#facts.name})`);
    button.addEventListener("click", () => {
      if (isSandbox) void whileBusy(button, () => this.#addSandbox());
      else this.#askForKey(button);
    });
    this.#row(name, button);
  }

  async #addSandbox(): Promise<void> {
    try {
      await this.#add(SANDBOX_KEY, "");
    } catch (failure) {
      toast(wordsFor(failure), "bad");
    }
  }

  #askForKey(button: HTMLButtonElement): void {
    const form = new KeyForm(this.#facts, this.#vault, {
      add: (apiKey, said) => this.#add(apiKey, said),
      cancel: () => {
        form.element.remove();
        button.hidden = false;
        button.focus();
      },
    });
    this.#form = form;
    this.element.append(form.element);
    button.hidden = true;
    form.focus();
  }

  async #add(apiKey: string, said: string): Promise<void> {
    const { label } = await this.#events.addKey(apiKey);
    this.#showBox(said || label);
    this.#events.onToggle();
    this.#box?.focus();
  }

  #row(...parts: Node[]): void {
    this.element.replaceChildren(make("div", { class: "link-provider__row" }, ...parts));
  }
}

/** A provider's name, with a mark where calls to it rest on facts that nobody has confirmed. */
export function nameOf({ name, confirmed }: KeyFacts): (Node | string)[] {
  return confirmed ? [name] : [name, " ", make("span", { class: "chip" }, "Unconfirmed")];
}
