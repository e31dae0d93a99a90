import { type Account, changePassword, RelayError } from "@1relay/core";

import { NewPasswordFields } from "../account/newPassword";
import { find } from "../ui/dom";
import { FieldError, onSubmit } from "../ui/forms";
import { refreshRegion } from "../ui/region";
import { toast } from "../ui/toast";
import { besidePassword, typedPassword } from "./askPassword";

const UNSURE =
  "The relay did not answer, so we can’t tell whether your password was changed. Reload the page and unlock your vault: one of the two works.";

export function wirePassword(account: Account): void {
  const form = find("#password-form", HTMLFormElement);
  const current = find("#current-password", HTMLInputElement);
  const next = new NewPasswordFields();
  onSubmit(form, find("#password-form-error", HTMLElement), async () => {
    const former = typedPassword(current);
    const password = await next.read();
    try {
      await changePassword(account, { current: former, next: password });
    } catch (error) {
      if (error instanceof RelayError && error.status === 0) throw new FieldError(current, UNSURE);
      throw besidePassword(next.besideField(error), current);
    }
    current.value = "";
    next.clear();
    toast("Password changed. Every other device is signed out.");
    await refreshRegion("devices");
  });
}
