import type { KeyFacts } from "../keyGuide/facts";
import { find } from "../ui/dom";

/** The list of providers in the dialog that adds a key: searched by typing, one chosen. */
export class ProviderPicker {
  /** The person has chosen one; until then, a pasted key may choose. */
  isChosenByHand = false;
  readonly #field: HTMLElement;
  readonly #search: HTMLInputElement;
  readonly #options: HTMLLabelElement[];

  constructor(
    dialog: HTMLElement,
    private readonly all: KeyFacts[],
    private readonly onChange: (facts: KeyFacts) => void,
  ) {
    this.#field = find("#key-provider-field", HTMLElement, dialog);
    this.#search = find("#provider-search", HTMLInputElement, dialog);
    this.#options = [...this.#field.querySelectorAll<HTMLLabelElement>(".provider-picker__option")];
    this.#search.addEventListener("input", () => {
      this.#filter(this.#search.value);
    });
    this.#search.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.#takeFirst();
    });
    this.#field.addEventListener("change", (event) => {
      if (event.target === this.#search) return;
      this.isChosenByHand = true;
      this.#told();
    });
  }

  get facts(): KeyFacts {
    const chosen = this.#options.map(radioOf).find((radio) => radio.checked)?.value;
    const facts = this.all.find(({ id }) => id === chosen) ?? this.all[0];
    if (facts === undefined) throw new Error("No provider is known.");
    return facts;
  }

  /** To add a key: providers that have one can't be chosen. */
  open(taken: Set<string>): void {
    this.#field.hidden = false;
    this.isChosenByHand = false;
    this.#search.value = "";
    this.#filter("");
    for (const option of this.#options) {
      const radio = radioOf(option);
      radio.disabled = taken.has(radio.value);
      find("[data-taken]", HTMLElement, option).hidden = !radio.disabled;
    }
    const first = this.#options.map(radioOf).find((radio) => !radio.disabled);
    if (first !== undefined) this.choose(first.value);
  }

  /** To replace a key: the provider stands. */
  fix(id: string): void {
    this.#field.hidden = true;
    this.isChosenByHand = true;
    for (const option of this.#options) radioOf(option).disabled = false;
    this.choose(id);
  }

  /** False if that provider can't be chosen. */
  choose(id: string): boolean {
    const option = this.#options.find((each) => radioOf(each).value === id);
    if (option === undefined || radioOf(option).disabled) return false;
    radioOf(option).checked = true;
    if (!this.#field.hidden) option.scrollIntoView({ block: "nearest" });
    this.#told();
    return true;
  }

  #told(): void {
    const { facts } = this;
    find("[data-unconfirmed-note]", HTMLElement, this.#field).hidden = facts.confirmed;
    this.onChange(facts);
  }

  #filter(typed: string): void {
    const wanted = typed.trim().toLowerCase();
    for (const option of this.#options) {
      const radio = radioOf(option);
      const name = this.all.find(({ id }) => id === radio.value)?.name.toLowerCase() ?? "";
      option.hidden = !name.includes(wanted) && !radio.value.includes(wanted);
    }
    find("[data-none]", HTMLElement, this.#field).hidden = this.#options.some((option) => !option.hidden);
  }

  #takeFirst(): void {
    const first = this.#options.find((option) => !option.hidden && !radioOf(option).disabled);
    if (first === undefined) return;
    this.isChosenByHand = true;
    this.choose(radioOf(first).value);
    radioOf(first).focus();
  }
}

function radioOf(option: HTMLLabelElement): HTMLInputElement {
  return find("input[type=radio]", HTMLInputElement, option);
}
