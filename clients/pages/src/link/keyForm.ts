import type { UnlockedVault } from "@1relay/core";

import { KeyCheck } from "../keyGuide/check.js";
import type { KeyFacts } from "../keyGuide/facts.js";
import { foldedKeyGuide } from "../keyGuide/guide.js";
import { lookOf } from "../keyGuide/shapes.js";
import { otherThanAsked } from "../keyGuide/words.js";
import { make } from "../ui/dom.js";
import { whileBusy } from "../ui/busy.js";
import { wordsFor } from "../ui/words.js";
import { allFacts } from "./providers.js";

type Events = {
  /** `said`: what trying it brought, in a few words; empty if it was not tried. */
  add: (apiKey: string, said: string) => Promise<void>;
  cancel: () => void;
};

/** Asks for one provider's key: where it is had, what it looks like, and whether it works. */
export class KeyForm {
  readonly element: HTMLDivElement;
  readonly #facts: KeyFacts;
  readonly #vault: UnlockedVault;
  readonly #events: Events;
  readonly #check: KeyCheck;
  readonly #input: HTMLInputElement;
  readonly #error = make("p", { class: "field__error", role: "alert" });
  readonly #hint = make("p", { class: "field__hint" });
  readonly #save: HTMLButtonElement;

  /** `note`: what else adding the key does, where it replaces another one. */
  constructor(facts: KeyFacts, vault: UnlockedVault, events: Events, note: string | null = null) {
    this.#facts = facts;
    this.#vault = vault;
    this.#events = events;
    this.#check = new KeyCheck(facts, allFacts(), otherThanAsked);
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
    this.#hint.id = `${id}-hint`;
    this.#hint.textContent = PROMISE;
    this.#save = make(
      "button",
      { type: "button", class: "button button--small" },
      note ? "Replace key" : "Add key",
    );
    this.element = this.#assemble(id, note);
    this.#wire();
  }

  focus(): void {
    this.#input.focus();
  }

  #assemble(id: string, note: string | null): HTMLDivElement {
    const cancel = make("button", { type: "button", class: "button button--plain button--small" }, "Not now");
    cancel.addEventListener("click", () => {
      this.#leave();
    });
    const label = make("label", { for: id }, `${this.#facts.name} key`);
    return make(
      "div",
      { class: "link-key" },
      foldedKeyGuide(this.#facts),
      make("div", { class: "field" }, label, this.#input, this.#hint, this.#error),
      this.#check.element,
      ...(note ? [make("p", { class: "field__hint" }, note)] : []),
      make("div", { class: "link-key__foot" }, cancel, this.#save),
    );
  }

  #wire(): void {
    this.#save.addEventListener("click", () => {
      this.#submit();
    });
    this.#input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.#submit();
    });
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#leave();
    });
    this.#input.addEventListener("input", () => {
      this.#check.stop();
      this.#remark();
    });
  }

  /** Nobody is there any more: ends a check under way and forgets what was typed. */
  stop(): void {
    this.#check.stop();
    this.#input.value = "";
  }

  #leave(): void {
    this.stop();
    this.#events.cancel();
  }

  #submit(): void {
    const apiKey = this.#input.value.trim();
    void whileBusy(this.#save, async () => {
      this.#show(apiKey === "" ? "Paste the key." : this.#refusal(apiKey));
      if (this.#error.textContent !== "") {
        this.#input.focus();
        return;
      }
      try {
        const { save, said } = await this.#check.decide(this.#vault, apiKey);
        if (save) await this.#events.add(apiKey, said?.title ?? "");
        else this.#input.focus();
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
    const look = lookOf(apiKey, this.#facts, allFacts());
    return look.kind === "admin_key" ? look.why : "";
  }

  /** Looks are hints: an unusual key gets a remark, only a key of a kind that is never taken is refused. */
  #remark(): void {
    const apiKey = this.#input.value.trim();
    const { name } = this.#facts;
    const look = lookOf(apiKey, this.#facts, allFacts());
    this.#show(look.kind === "admin_key" ? look.why : "");
    if (look.kind === "other_provider")
      this.#hint.textContent = `This looks like a key of ${look.other.name}, not of ${name}. Is it the right one?`;
    else if (look.kind === "unusual")
      this.#hint.textContent = `This does not look like the usual ${name} key. You can add it all the same.`;
    else this.#hint.textContent = PROMISE;
    this.#hint.classList.toggle("link-remark", this.#hint.textContent !== PROMISE);
  }
}

const PROMISE = "Encrypted in this browser before it is stored.";
