/** /signin: signs in and unlocks in one step. */
import { Account, RelayError, VaultError } from "@1relay/core";

import { dataOf, find } from "./ui/dom";
import { FieldError, fieldOf, onSubmit, required } from "./ui/forms";
import { startAnyPage } from "./ui/page";

startAnyPage();
const account = Account.fromPage();
const form = find("#signin-form", HTMLFormElement);
const email = fieldOf(form, "email", HTMLInputElement);
const password = find("#password", HTMLInputElement);

onSubmit(form, find("#form-error", HTMLElement), async () => {
  const typed = required(email, "Type the email of your vault.");
  if (password.value === "") throw new FieldError(password, "Type your master password.");
  try {
    await account.signIn(typed, password.value);
  } catch (error) {
    if (isRefusal(error)) {
      password.select();
      throw new FieldError(password, "The email or the password is wrong. Check both and try again.");
    }
    throw error;
  }
  location.replace(dataOf(form, "next"));
});

function isRefusal(error: unknown): boolean {
  return (
    (error instanceof VaultError && error.code === "wrong_password") ||
    (error instanceof RelayError && error.code === "login_failed")
  );
}
