import type { VaultItem } from "@1relay/core";

import { make } from "../ui/dom.js";
import { providerFacts, type ProviderFacts } from "./introView.js";
import { KeyForm } from "./keyForm.js";

/** The key of the built-in provider that always answers; it costs nobody anything. */
const SANDBOX_KEY = "sandbox-key-works";

type Events = { onToggle: () => void; addKey: (apiKey: string) => Promise<VaultItem> };

/** One requested provider: a box to tick if its key is in the vault, else the way to add one. */
export class ProviderRow {
  readonly provider: string;
  readonly element = make("li", { class: "link-provider" });
  readonly #facts: ProviderFacts;
  readonly #events: Events;
  #box: HTMLInputElement | null = null;
  #isKept: boolean;

  /** `isKept`: the connection to be changed has this provider already. */
  constructor(provider: string, item: VaultItem | null, isKept: boolean, events: Events) {
    this.provider = provider;
    this.#facts = providerFacts(provider);
    this.#events = events;
    this.#isKept = isKept;
    if (isKept) this.#showKept();
    else if (item) this.#showBox(item);
    else this.#showMissing();
  }

  get hasKey(): boolean {
    return this.#isKept || this.#box !== null;
  }

  /** Ticked, so to be sealed for the connection. */
  get isChosen(): boolean {
    return this.#box?.checked ?? false;
  }

  untick(): void {
    if (this.#box !== null) this.#box.checked = false;
  }

  #showKept(): void {
    const name = make("span", { class: "link-provider__name" }, ...this.#name());
    this.#row(name, make("span", { class: "chip chip--good" }, "Allowed already"));
  }

  #showBox(item: VaultItem): void {
    const id = `provider-${this.provider}`;
    this.#box = make("input", { type: "checkbox", id, name: "provider", value: this.provider });
    this.#box.checked = true;
    this.#box.addEventListener("change", this.#events.onToggle);
    const note = make("span", { class: "link-provider__note" }, item.label);
    this.#row(this.#box, make("label", { for: id }, ...this.#name(), note));
  }

  #showMissing(): void {
    const isSandbox = this.provider === "sandbox";
    const note = isSandbox ? "Practice provider, free of charge" : "No key in your vault yet";
    const name = make(
      "span",
      { class: "link-provider__name" },
      ...this.#name(),
      make("span", { class: "link-provider__note" }, note),
    );
    const action = isSandbox ? "Use a sandbox key" : "Add key";
    const button = make("button", { type: "button", class: "button button--quiet button--small" }, action);
    button.setAttribute("aria-label", `${action} (${this.#facts.name})`);
    button.addEventListener("click", () => {
      this.#askForKey(isSandbox);
    });
    this.#row(name, button);
  }

  #askForKey(isSandbox: boolean): void {
    const form = new KeyForm(this.#facts, {
      add: async (apiKey) => {
        this.#showBox(await this.#events.addKey(apiKey));
        this.#events.onToggle();
        this.#box?.focus();
      },
      cancel: () => {
        this.#showMissing();
        this.element.querySelector("button")?.focus();
      },
    });
    this.element.append(form.element);
    this.element.querySelector<HTMLButtonElement>(".link-provider__row button")?.remove();
    if (isSandbox) form.submit(SANDBOX_KEY);
    else form.focus();
  }

  #name(): (Node | string)[] {
    const { name, confirmed } = this.#facts;
    return confirmed ? [name] : [name, " ", make("span", { class: "chip" }, "Unconfirmed")];
  }

  #row(...parts: Node[]): void {
    this.element.replaceChildren(make("div", { class: "link-provider__row" }, ...parts));
  }
}
