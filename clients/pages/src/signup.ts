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

/** Where a person who is still without a kit can unlock and make one (security/kit.ts). */
const OFFERED_AGAIN = "/security#make-kit";

/** The password stays in this function's memory alone, and no longer than the offer: a vault that locks ends both. */
function offerKit(typed: string): void {
  let password: string | null = typed;
  showSignedIn();
  find("[data-view]", HTMLElement).hidden = true;
  offer.hidden = false;
  find("#kit-offer-title", HTMLElement).focus();
  const skip = find("[data-action=skip-kit]", HTMLButtonElement, offer);
  const end = (): void => {
    password = null;
    stopHearing();
  };
  const leave = (): void => {
    end();
    goOn();
  };
  const stopHearing = account.onChange((state) => {
    if (state === "unlocked") return;
    end();
    if (state === "locked") location.replace(OFFERED_AGAIN);
    else if (state === "signed-out") location.replace(`/signin?next=${encodeURIComponent(OFFERED_AGAIN)}`);
    else goOn();
  });
  onAction("make-kit", async () => {
    if (password === null) return;
    // A kit that is on its way to the relay can't be skipped any more.
    skip.disabled = true;
    try {
      const recoveryKey = await makeRecoveryKit(account, password);
      if (account.state !== "unlocked") return;
      end();
      offer.hidden = true;
      showKit(account, recoveryKey, goOn);
    } finally {
      skip.disabled = false;
    }
  });
  onAction("skip-kit", leave);
}

function goOn(): void {
  location.replace(dataOf(form, "next"));
}

function besideItsField(error: unknown): unknown {
  if (error instanceof RelayError && error.code === "email_taken")
    return new FieldError(email, error.message);
  if (error instanceof VaultError && (error.code === "email_refused" || error.code === "perhaps_yours"))
    return new FieldError(email, error.message);
  return newPassword.besideField(error);
}
