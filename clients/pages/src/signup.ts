/** /signup: makes the keys and the vault in this browser, then registers. */
import {
  Account,
  type PasswordRefusal,
  refuseNewPassword,
  RelayError,
  SHORTEST_PASSWORD,
  signUp,
  VaultError,
} from "@1relay/core";

import { dataOf, find } from "./ui/dom";
import { FieldError, fieldOf, onSubmit, required } from "./ui/forms";
import { startAnyPage } from "./ui/page";

const ADVICE = "At least 12 characters. Four or five random words are strong and easy to type.";
const REFUSED: Record<PasswordRefusal, string> = {
  too_short: "Use at least 12 characters.",
  too_common: "This password is on lists that attackers try first. Choose another.",
  not_text: "This holds a character that can’t be used in a password.",
};

startAnyPage();
const account = Account.fromPage();
const form = find("#signup-form", HTMLFormElement);
const email = fieldOf(form, "email", HTMLInputElement);
const password = find("#password", HTMLInputElement);
const again = find("#password-again", HTMLInputElement);
const hint = find("#password-hint", HTMLElement);

password.addEventListener("input", () => void showHint());

async function showHint(): Promise<void> {
  const typed = password.value;
  const refusal = typed === "" ? null : await refuseNewPassword(typed);
  if (typed !== password.value) return;
  const [words, state] = hintFor(typed, refusal);
  hint.textContent = words;
  hint.dataset["state"] = state;
}

function hintFor(typed: string, refusal: PasswordRefusal | null): [string, "" | "good" | "bad"] {
  if (typed === "") return [ADVICE, ""];
  if (refusal === null) return ["Long enough. Keep it in a password manager.", "good"];
  if (refusal !== "too_short") return [REFUSED[refusal], "bad"];
  const missing = SHORTEST_PASSWORD - Array.from(typed.normalize("NFKC")).length;
  return [`${missing} more to go. ${ADVICE}`, ""];
}

onSubmit(form, find("#form-error", HTMLElement), async () => {
  const typed = required(email, "Type your email.");
  const refusal = await refuseNewPassword(password.value);
  if (refusal !== null) throw new FieldError(password, REFUSED[refusal]);
  if (again.value !== password.value) {
    throw new FieldError(again, "The two passwords differ. Type the same one twice.");
  }
  try {
    await signUp(account, { email: typed, password: password.value });
  } catch (error) {
    throw besideItsField(error);
  }
  location.replace(dataOf(form, "next"));
});

function besideItsField(error: unknown): unknown {
  if (error instanceof RelayError && error.code === "email_taken")
    return new FieldError(email, error.message);
  if (error instanceof VaultError && error.code === "email_refused")
    return new FieldError(email, error.message);
  if (error instanceof VaultError && error.code === "password_refused")
    return new FieldError(password, error.message);
  return error;
}
