import { type Account, makeRecoveryKit } from "@1relay/core";

import { showKit } from "../account/kit";
import { onAction } from "../ui/actions";
import { find } from "../ui/dom";
import { clearErrors, onSubmit } from "../ui/forms";
import { toast } from "../ui/toast";
import { besidePassword, typedPassword } from "./askPassword";
import { asOwnDeed } from "./typed";

const NOT_SHOWN =
  "Your vault locked before the new kit could be shown. The kit you had has stopped working: make a new one.";

/** In the address: the offer after signing up was ended by a lock (signup.ts). */
const OFFERED = "#make-kit";

export function wireKit(account: Account): void {
  const dialog = find("#kit-dialog", HTMLDialogElement);
  const form = find("form", HTMLFormElement, dialog);
  const password = find("#kit-password", HTMLInputElement);
  const problem = find("#kit-form-error", HTMLElement);
  const open = (): void => {
    clearErrors(form, problem);
    dialog.showModal();
  };
  onAction("open-kit", open);
  if (location.hash === OFFERED) {
    history.replaceState(null, "", location.pathname);
    open();
    toast("Your vault locked before you had a recovery kit. Type your master password to make one now.");
  }
  dialog.addEventListener("close", () => {
    password.value = "";
  });
  onSubmit(form, problem, async () => {
    let recoveryKey: string;
    try {
      const typed = typedPassword(password);
      recoveryKey = await asOwnDeed(() => makeRecoveryKit(account, typed));
    } catch (error) {
      throw besidePassword(error, password);
    }
    dialog.close();
    if (account.state !== "unlocked") {
      toast(NOT_SHOWN, "bad");
      return;
    }
    showKit(account, recoveryKey, () => {
      location.reload();
    });
  });
}
