import type { UnlockedVault } from "@1relay/core";

import { make } from "../ui/dom";
import type { KeyFacts } from "./facts";
import { isGood, type Outcome } from "./outcomes";
import { lookOf } from "./shapes";
import { tryProviderKey } from "./trial";
import { afterCheck, beforeCheck, otherProvider, type Said } from "./words";

/** Whether the key is to be saved, and what came of trying it, fit to show; null if the form was closed meanwhile. */
export type Decision = { save: boolean; said: Said | null };

const STOPPED: Decision = { save: false, said: null };

/** Shows a check under way, which can be cancelled, and then what came of it. */
export class CheckRun {
  readonly element = make("div", { class: "key-check__run", "aria-live": "polite" });
  #running: AbortController | null = null;
  #choose: ((save: boolean) => void) | null = null;

  /** Tries the key. The outcome stays on show until `clear`; null if that came first. Cancelled by the person: `skipped`. */
  async run(
    vault: UnlockedVault,
    facts: KeyFacts,
    apiKey: string,
    cancel = "Cancel",
  ): Promise<Outcome | null> {
    this.clear();
    const running = new AbortController();
    this.#running = running;
    this.#showProgress(facts.name, cancel);
    try {
      const outcome = await tryProviderKey(vault, facts, apiKey, running.signal);
      if (this.#running !== running) return null;
      this.element.replaceChildren();
      if (outcome !== "skipped") this.show(afterCheck(outcome, facts));
      return outcome;
    } catch (error) {
      if (this.#running === running) this.element.replaceChildren();
      throw error;
    }
  }

  /** Shows something said, with buttons below it. */
  show(said: Said, ...buttons: HTMLButtonElement[]): void {
    const text = make("p", { class: "notice__text" }, make("strong", {}, said.title), ` ${said.text}`);
    const row = buttons.length === 0 ? [] : [make("div", { class: "key-check__choice" }, ...buttons)];
    const body = make("div", { class: "key-check__said" }, text, ...row);
    this.element.replaceChildren(make("div", { class: `notice notice--${said.tone}` }, body));
  }

  /** Asks whether the key is to be saved in spite of what was said. `clear` answers no. */
  ask(said: Said): Promise<boolean> {
    const save = button("Save it all the same", "button--quiet", () => {
      this.#answer(true);
    });
    const change = button("Change the key", "", () => {
      this.#answer(false);
    });
    this.show(said, change, save);
    change.focus();
    return new Promise((resolve) => {
      this.#choose = resolve;
    });
  }

  /** Ends what is under way and takes everything off the page. */
  clear(): void {
    this.#running?.abort();
    this.#running = null;
    this.element.replaceChildren();
    this.#answer(false);
  }

  #answer(save: boolean): void {
    const choose = this.#choose;
    this.#choose = null;
    choose?.(save);
  }

  #showProgress(name: string, cancel: string): void {
    const spinner = make("span", { class: "spinner", "aria-hidden": "true" });
    const words = make("span", { class: "key-check__words" }, `Trying the key at ${name}…`);
    const stop = button(cancel, "button--plain", () => this.#running?.abort());
    this.element.replaceChildren(make("div", { class: "key-check__progress" }, spinner, words, stop));
  }
}

/** The part of a form that offers to try a key before it is saved. */
export class KeyCheck {
  readonly element: HTMLElement;
  readonly #box = make("input", { type: "checkbox", name: "check" });
  readonly #hint = make("span", { class: "key-check__hint" });
  readonly #run = new CheckRun();
  #facts: KeyFacts;

  /** `all`: the providers whose keys might have been pasted instead. `ofOther`: what is said of one of theirs. */
  constructor(
    facts: KeyFacts,
    private readonly all: KeyFacts[],
    private readonly ofOther = otherProvider,
  ) {
    this.#facts = facts;
    this.#box.checked = true;
    const text = make("span", {}, make("strong", {}, "Try the key before saving"), this.#hint);
    const label = make("label", { class: "check" }, this.#box, text);
    this.element = make("div", { class: "key-check" }, label, this.#run.element);
    this.show(facts);
  }

  /** Another provider was chosen. */
  show(facts: KeyFacts): void {
    this.#facts = facts;
    this.#hint.textContent = beforeCheck(facts);
    this.stop();
  }

  /** Tries the key unless the person doesn't want it, and asks where it seems not to work. An admin key is not saved. */
  async decide(vault: UnlockedVault, apiKey: string): Promise<Decision> {
    const look = lookOf(apiKey, this.#facts, this.all);
    if (look.kind === "admin_key")
      return this.#refuse({ ...afterCheck("admin_key", this.#facts), text: look.why });
    // One provider's key is not shown to another without being asked.
    if (look.kind === "other_provider") return this.#asked(this.ofOther(this.#facts, look.other));
    const outcome = this.#box.checked
      ? await this.#run.run(vault, this.#facts, apiKey, "Skip the check")
      : "skipped";
    if (outcome === null) return STOPPED;
    const said = afterCheck(outcome, this.#facts);
    if (isGood(outcome)) return { save: true, said };
    return outcome === "admin_key" ? this.#refuse(said) : this.#asked(said);
  }

  #refuse(said: Said): Decision {
    this.#run.show(said);
    return { save: false, said };
  }

  async #asked(said: Said): Promise<Decision> {
    const save = await this.#run.ask(said);
    if (save) this.#run.clear();
    return { save, said };
  }

  /** Ends what is under way: the form is closed, or the key was changed. */
  stop(): void {
    this.#run.clear();
  }
}

function button(text: string, look: string, press: () => void): HTMLButtonElement {
  const made = make("button", { type: "button", class: `button button--small ${look}`.trim() }, text);
  made.addEventListener("click", press);
  return made;
}
