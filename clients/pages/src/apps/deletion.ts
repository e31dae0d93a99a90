import type { Account } from "@1relay/core";

import { onAction } from "../ui/actions";
import { find } from "../ui/dom";
import { FieldError, fieldOf, onSubmit } from "../ui/forms";
import { withVault } from "../ui/unlock";

/** Deletes the app once the name it has now has been typed. */
export function wireDeletion(account: Account, path: string, name: () => string): void {
  const dialog = find("#delete-dialog", HTMLDialogElement);
  const form = find("form", HTMLFormElement, dialog);
  onAction("delete", () => {
    form.reset();
    dialog.showModal();
  });
  onSubmit(form, find("#delete-error", HTMLElement, dialog), async () => {
    const typed = fieldOf(form, "confirmation", HTMLInputElement);
    if (typed.value.trim() !== name().trim()) throw new FieldError(typed, "That is not the app’s name.");
    const done = await withVault(account, async () => {
      await account.api.delete(path, { elevated: true });
    });
    if (done) location.assign("/apps");
  });
}
