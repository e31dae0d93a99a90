/** /signup: makes the keys and the vault in this browser, then registers. */
import { Account, checkNewPassword, RelayError, signUp, VaultError } from "@1relay/core";

import { dataOf, find } from "./ui/dom.js";
import { FieldError, fieldOf, onSubmit, required } from "./ui/forms.js";
import { startAnyPage } from "./ui/page.js";

const ADVICE = "At least 12 characters. Four or five random words are strong and easy to type.";
const REFUSED = {
  too_short: "Use at least 12 characters.",
  too_common: "This password is on lists that attackers try first. Choose another.",
  not_text: "This holds a character that can’t be used in a password.",
};

startAnyPage();
const account = Account.fromPage();
const form = find("#signup-form", HTMLFormElement);
const email = fieldOf(form, "email", HTMLInputElement);
const password = fieldOf(form, "password", HTMLInputElement);
const again = fieldOf(form, "passwordAgain", HTMLInputElement);
const hint = find("#password-hint", HTMLElement);

password.addEventListener("input", showHint);

function showHint(): void {
  const refused = password.value === "" ? null : checkNewPassword(password.value);
  const missing = 12 - [...password.value.normalize("NFKC")].length;
  if (password.value === "") hint.textContent = ADVICE;
  else if (refused === null) hint.textContent = "Long enough. Keep it in a password manager.";
  else if (refused === "too_short") hint.textContent = `${String(missing)} more to go. ${ADVICE}`;
  else hint.textContent = REFUSED[refused];
  hint.dataset["state"] = password.value === "" ? "" : refused === null ? "good" : refused === "too_short" ? "" : "bad";
}

onSubmit(form, find("#form-error", HTMLElement), async () => {
  const typed = required(email, "Type your email.");
  const refused = checkNewPassword(password.value);
  if (refused !== null) throw new FieldError(password, REFUSED[refused]);
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
  if (error instanceof RelayError && error.code === "email_taken") return new FieldError(email, error.message);
  if (error instanceof VaultError && error.code === "email_refused") return new FieldError(email, error.message);
  if (error instanceof VaultError && error.code === "password_refused") return new FieldError(password, error.message);
  return error;
}
