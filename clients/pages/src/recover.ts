/** /recover: a new master password by the recovery kit, and a new kit. */
import { Account, recover, VaultError } from "@1relay/core";

import { showKit, showSignedIn } from "./account/kit";
import { NewPasswordFields } from "./account/newPassword";
import { dataOf, find } from "./ui/dom";
import { FieldError, fieldOf, onSubmit, required } from "./ui/forms";
import { startAnyPage, startUserPage } from "./ui/page";

const account = startPage();
const form = find("#recover-form", HTMLFormElement);
const email = fieldOf(form, "email", HTMLInputElement);
const code = find("#recovery-code", HTMLInputElement);
const newPassword = new NewPasswordFields();
const problem = find("#form-error", HTMLElement);

/** Somebody may be signed in, with a vault they can't unlock. */
function startPage(): Account {
  if (document.querySelector("#account-menu") !== null) return startUserPage();
  startAnyPage();
  return Account.fromPage();
}

onSubmit(form, problem, async () => {
  const typed = required(email, "Type the email of your vault.");
  required(code, "Type the code from your recovery kit.");
  const password = await newPassword.read();
  let recoveryKey: string;
  try {
    recoveryKey = await recover(account, { email: typed, recoveryKey: code.value, password });
  } catch (error) {
    throw besideItsField(error);
  }
  code.value = "";
  newPassword.clear();
  showSignedIn();
  showKit(account, recoveryKey, () => {
    location.replace(dataOf(form, "next"));
  });
});

function besideItsField(error: unknown): unknown {
  if (!(error instanceof VaultError)) return error;
  if (error.code === "email_refused") return new FieldError(email, error.message);
  if (error.code === "kit_refused" || error.code === "wrong_kit") return new FieldError(code, error.message);
  return newPassword.besideField(error);
}
