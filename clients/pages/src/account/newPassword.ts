import { type PasswordRefusal, refuseNewPassword, SHORTEST_PASSWORD, VaultError } from "@1relay/core";

import { find } from "../ui/dom";
import { FieldError } from "../ui/forms";

const ADVICE = "At least 12 characters. Four or five random words are strong and easy to type.";
const REFUSED: Record<PasswordRefusal, string> = {
  too_short: "Use at least 12 characters.",
  too_common: "This password is on lists that attackers try first. Choose another.",
  not_text: "This holds a character that can’t be used in a password.",
};

/** The two fields of templates/accounts/new_password.html, with hints while somebody types. */
export class NewPasswordFields {
  readonly #password = find("#password", HTMLInputElement);
  readonly #again = find("#password-again", HTMLInputElement);
  readonly #hint = find("#password-hint", HTMLElement);

  constructor() {
    this.#password.addEventListener("input", () => void this.#showHint());
  }

  /** The password, if it is good enough and typed alike twice. Throws FieldError. */
  async read(): Promise<string> {
    const typed = this.#password.value;
    const refusal = await refuseNewPassword(typed);
    if (refusal !== null) throw new FieldError(this.#password, REFUSED[refusal]);
    if (this.#again.value !== typed)
      throw new FieldError(this.#again, "The two passwords differ. Type the same one twice.");
    return typed;
  }

  /** The same error beside the field, if it is about the password. */
  besideField(error: unknown): unknown {
    const isOurs = error instanceof VaultError && error.code === "password_refused";
    return isOurs ? new FieldError(this.#password, error.message) : error;
  }

  clear(): void {
    this.#password.value = this.#again.value = "";
    this.#say(ADVICE, "");
  }

  async #showHint(): Promise<void> {
    const typed = this.#password.value;
    const refusal = typed === "" ? null : await refuseNewPassword(typed);
    if (typed !== this.#password.value) return;
    this.#say(...hintFor(typed, refusal));
  }

  #say(words: string, state: "" | "good" | "bad"): void {
    this.#hint.textContent = words;
    this.#hint.dataset["state"] = state;
  }
}

function hintFor(typed: string, refusal: PasswordRefusal | null): [string, "" | "good" | "bad"] {
  if (typed === "") return [ADVICE, ""];
  if (refusal === null) return ["Long enough. Keep it in a password manager.", "good"];
  if (refusal !== "too_short") return [REFUSED[refusal], "bad"];
  const missing = SHORTEST_PASSWORD - Array.from(typed.normalize("NFKC")).length;
  return [`${missing} more to go. ${ADVICE}`, ""];
}
