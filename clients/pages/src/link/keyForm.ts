import { make } from "../ui/dom.js";
import { whileBusy } from "../ui/busy.js";
import { wordsFor } from "../ui/words.js";
import type { ProviderFacts } from "./introView.js";

type Events = { add: (apiKey: string) => Promise<void>; cancel: () => void };

/** Asks for one provider's key. Shapes are hints: an unusual key gets a remark, only a key known to be of another kind is refused. */
export class KeyForm {
  readonly element: HTMLDivElement;
  readonly #facts: ProviderFacts;
  readonly #events: Events;
  readonly #input: HTMLInputElement;
  readonly #error = make("p", { class: "field__error", role: "alert" });
  readonly #hint: HTMLParagraphElement;
  readonly #save = make("button", { type: "button", class: "button button--small" }, "Add key");

  constructor(facts: ProviderFacts, events: Events) {
    this.#facts = facts;
    this.#events = events;
    const id = `key-${facts.id}`;
    this.#input = make("input", {
      id,
      class: "input input--mono",
      type: "password",
      autocomplete: "off",
      spellcheck: "false",
      autocapitalize: "none",
      "aria-describedby": `${id}-hint ${id}-error`,
    });
    this.#error.id = `${id}-error`;
    this.#hint = make("p", { class: "field__hint", id: `${id}-hint` }, ...this.#whereFrom());
    const cancel = make("button", { type: "button", class: "button button--plain button--small" }, "Not now");
    cancel.addEventListener("click", events.cancel);
    this.#save.addEventListener("click", () => {
      this.submit(this.#input.value.trim());
    });
    this.#input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.submit(this.#input.value.trim());
    });
    this.#input.addEventListener("input", () => {
      this.#remark();
    });
    const label = make("label", { for: id }, `${facts.name} key`);
    this.element = make(
      "div",
      { class: "link-key" },
      make("div", { class: "field" }, label, this.#input, this.#hint, this.#error),
      make("div", { class: "link-key__foot" }, cancel, this.#save),
    );
  }

  focus(): void {
    this.#input.focus();
  }

  submit(apiKey: string): void {
    void whileBusy(this.#save, async () => {
      this.#show(apiKey === "" ? "Paste the key." : this.#refusal(apiKey));
      if (this.#error.textContent !== "") return;
      try {
        await this.#events.add(apiKey);
      } catch (failure) {
        this.#show(wordsFor(failure));
      }
    });
  }

  #show(why: string): void {
    this.#error.textContent = why;
    this.#input.setAttribute("aria-invalid", String(why !== ""));
  }

  #refusal(apiKey: string): string {
    const refused = this.#facts.refusedKeyShapes.find(({ shape }) => new RegExp(shape).test(apiKey));
    return refused?.why ?? "";
  }

  #remark(): void {
    const apiKey = this.#input.value.trim();
    const { keyShapes, name } = this.#facts;
    this.#show(this.#refusal(apiKey));
    const isUsual = keyShapes.length === 0 || keyShapes.some((shape) => new RegExp(shape).test(apiKey));
    if (apiKey === "" || isUsual || this.#error.textContent !== "")
      this.#hint.replaceChildren(...this.#whereFrom());
    else
      this.#hint.textContent = `This does not look like the usual ${name} key. You can add it all the same.`;
  }

  #whereFrom(): (Node | string)[] {
    const { keyPage } = this.#facts;
    const promise = "Encrypted in this browser before it is stored.";
    if (keyPage === null) return [promise];
    const link = make(
      "a",
      { href: keyPage, target: "_blank", rel: "noopener noreferrer" },
      new URL(keyPage).host,
    );
    return [`${promise} Get one at `, link, "."];
  }
}
