/** /signup: makes the keys and the vault in this browser, registers, and offers the recovery kit. */
import { Account, makeRecoveryKit, RelayError, signUp, VaultError } from "@1relay/core";

import { showKit, showSignedIn } from "./account/kit";
import { NewPasswordFields } from "./account/newPassword";
import { onAction } from "./ui/actions";
import { dataOf, find } from "./ui/dom";
import { FieldError, fieldOf, onSubmit, required } from "./ui/forms";
import { startAnyPage } from "./ui/page";

startAnyPage();
const account = Account.fromPage();
const form = find("#signup-form", HTMLFormElement);
const email = fieldOf(form, "email", HTMLInputElement);
const newPassword = new NewPasswordFields();
const offer = find("#kit-offer", HTMLElement);

onSubmit(form, find("#form-error", HTMLElement), async () => {
  const typed = required(email, "Type your email.");
  const password = await newPassword.read();
  try {
    await signUp(account, { email: typed, password });
  } catch (error) {
    throw besideItsField(error);
  }
  newPassword.clear();
  offerKit(password);
});

/** The password stays in this function's memory alone, and no longer than the offer. */
function offerKit(password: string): void {
  showSignedIn();
  find("[data-view]", HTMLElement).hidden = true;
  offer.hidden = false;
  find("#kit-offer-title", HTMLElement).focus();
  onAction("make-kit", async () => {
    const recoveryKey = await makeRecoveryKit(account, password);
    offer.hidden = true;
    showKit(account, recoveryKey, goOn);
  });
  onAction("skip-kit", goOn);
}

function goOn(): void {
  location.replace(dataOf(form, "next"));
}

function besideItsField(error: unknown): unknown {
  if (error instanceof RelayError && error.code === "email_taken")
    return new FieldError(email, error.message);
  if (error instanceof VaultError && error.code === "email_refused")
    return new FieldError(email, error.message);
  return newPassword.besideField(error);
}
