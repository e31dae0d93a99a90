import { type Account, changePassword } from "@1relay/core";

import { NewPasswordFields } from "../account/newPassword";
import { find } from "../ui/dom";
import { onSubmit } from "../ui/forms";
import { refreshRegion } from "../ui/region";
import { toast } from "../ui/toast";
import { besidePassword, typedPassword } from "./askPassword";
import { asOwnDeed } from "./typed";

export function wirePassword(account: Account): void {
  const form = find("#password-form", HTMLFormElement);
  const current = find("#current-password", HTMLInputElement);
  const next = new NewPasswordFields();
  onSubmit(form, find("#password-form-error", HTMLElement), async () => {
    const former = typedPassword(current);
    const password = await next.read();
    try {
      await asOwnDeed(() => changePassword(account, { current: former, next: password }));
    } catch (error) {
      throw besidePassword(next.besideField(error), current);
    }
    current.value = "";
    next.clear();
    toast("Password changed. Every other device is signed out.");
    await refreshRegion("devices");
    toast("Password changed. Every other device is signed out.");
  });
}
