import { signUp, VaultError, type Account, type UnlockedVault } from "@1relay/core";

import { onAction } from "../ui/actions.js";
import { find } from "../ui/dom.js";
import { FieldError, onSubmit, required } from "../ui/forms.js";
import { fill } from "./dom.js";

export type EnteredBy = "SIGN_IN" | "SIGN_UP" | "UNLOCK_VAULT";

const WORDS = {
  in: {
    title: "Sign in to 1Relay",
    submit: "Sign in",
    hint: "It signs a one-time challenge in this browser and is never sent anywhere.",
    question: "New to 1Relay?",
    other: "Create a vault",
    autocomplete: "current-password",
  },
  up: {
    title: "Create your 1Relay vault",
    submit: "Create vault",
    hint: "At least 12 characters. Four or five random words are strong and easy to type.",
    question: "You have a vault already?",
    other: "Sign in",
    autocomplete: "new-password",
  },
} as const;

/** Signing in, signing up and unlocking, in place: leaving this page would lose the app's frame. */
export class AccountForms {
  readonly #account: Account;
  readonly #onVault: (vault: UnlockedVault, by: EnteredBy) => Promise<void>;
  readonly #email = find("#email", HTMLInputElement);
  readonly #password = find("#password", HTMLInputElement);
  readonly #again = find("#password-again", HTMLInputElement);
  readonly #unlockPassword = find("#unlock-password", HTMLInputElement);
  #way: keyof typeof WORDS = "in";
  #isWorking = false;

  constructor(account: Account, onVault: (vault: UnlockedVault, by: EnteredBy) => Promise<void>) {
    this.#account = account;
    this.#onVault = onVault;
    this.#show("in");
    onAction("other-way", () => {
      // The answer under way is about the form as it is.
      if (this.#isWorking) return;
      this.clear();
      this.#show(this.#way === "in" ? "up" : "in");
      (this.#email.value === "" ? this.#email : this.#password).focus();
    });
    onSubmit(find("#sign-form", HTMLFormElement), find("#sign-error", HTMLElement), () => this.#sign());
    onSubmit(find("#unlock-form", HTMLFormElement), find("#unlock-error", HTMLElement), () => this.#unlock());
  }

  /** While a form is being answered, changes of the account's state are its own doing. */
  get isWorking(): boolean {
    return this.#isWorking;
  }

  /** Empties the password fields. */
  clear(): void {
    for (const input of [this.#password, this.#again, this.#unlockPassword]) input.value = "";
  }

  #show(way: keyof typeof WORDS): void {
    this.#way = way;
    const words = WORDS[way];
    fill("sign-title", words.title);
    fill("sign-other-question", words.question);
    fill("sign-other", words.other);
    find("#sign-submit", HTMLButtonElement).textContent = words.submit;
    find("#password-hint", HTMLElement).textContent = words.hint;
    this.#password.autocomplete = words.autocomplete;
    for (const element of document.querySelectorAll<HTMLElement>("[data-only]"))
      element.hidden = element.dataset["only"] !== (way === "up" ? "sign-up" : "sign-in");
  }

  async #sign(): Promise<void> {
    const email = required(this.#email, "Enter your email address.");
    const password = required(this.#password, "Enter your master password.");
    if (this.#way === "in") {
      await this.#enter(this.#password, "SIGN_IN", () => this.#account.signIn(email, password));
    } else {
      if (this.#again.value !== password) throw new FieldError(this.#again, "The two passwords differ.");
      await this.#enter(
        this.#password,
        "SIGN_UP",
        async () => (await signUp(this.#account, { email, password })).vault,
      );
    }
  }

  async #unlock(): Promise<void> {
    const password = required(this.#unlockPassword, "Enter your master password.");
    await this.#enter(this.#unlockPassword, "UNLOCK_VAULT", () => this.#account.unlock(password));
  }

  async #enter(field: HTMLInputElement, by: EnteredBy, task: () => Promise<UnlockedVault>): Promise<void> {
    this.#isWorking = true;
    const progress = find(by === "UNLOCK_VAULT" ? "#unlock-progress" : "#sign-progress", HTMLElement);
    progress.textContent = "Deriving your keys in this browser. This takes a moment.";
    try {
      const vault = await task();
      this.clear();
      await this.#onVault(vault, by);
    } catch (failure) {
      if (!(failure instanceof VaultError)) throw failure;
      if (failure.code === "email_refused") throw new FieldError(this.#email, failure.message);
      if (failure.code === "wrong_password" || failure.code === "password_refused") {
        field.select();
        const mistyped =
          by === "UNLOCK_VAULT" ? "That is not your master password. Try again." : failure.message;
        throw new FieldError(field, mistyped);
      }
      throw failure;
    } finally {
      progress.textContent = "";
      this.#isWorking = false;
    }
  }
}
