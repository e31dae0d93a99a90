import { type Account, makeRecoveryKit } from "@1relay/core";

import { showKit } from "../account/kit";
import { onAction } from "../ui/actions";
import { find } from "../ui/dom";
import { clearErrors, onSubmit } from "../ui/forms";
import { besidePassword, typedPassword } from "./askPassword";

export function wireKit(account: Account): void {
  const dialog = find("#kit-dialog", HTMLDialogElement);
  const form = find("form", HTMLFormElement, dialog);
  const password = find("#kit-password", HTMLInputElement);
  const problem = find("#kit-form-error", HTMLElement);
  onAction("open-kit", () => {
    clearErrors(form, problem);
    dialog.showModal();
  });
  dialog.addEventListener("close", () => {
    password.value = "";
  });
  onSubmit(form, problem, async () => {
    let recoveryKey: string;
    try {
      recoveryKey = await makeRecoveryKit(account, typedPassword(password));
    } catch (error) {
      throw besidePassword(error, password);
    }
    dialog.close();
    showKit(account, recoveryKey, () => {
      location.reload();
    });
  });
}
