import { type Account, VaultError } from "@1relay/core";

import { onAction } from "../ui/actions";
import { dataOf, find, ownerOf } from "../ui/dom";
import { fieldOf, onSubmit } from "../ui/forms";
import { toast } from "../ui/toast";
import { untilLocked } from "../ui/unlock";
import { nameOf } from "./rows";

/** Rename buttons: another label, which changes nothing for connections. */
export function wireRename(account: Account, refresh: () => Promise<void>): void {
  const dialog = find("#label-dialog", HTMLDialogElement);
  const form = find("form", HTMLFormElement, dialog);
  const label = fieldOf(form, "label", HTMLInputElement);
  const problem = find("#label-form-error", HTMLElement, dialog);
  let provider = "";
  onAction("relabel", async (button) => {
    const row = ownerOf(button, "[data-key]");
    await untilLocked(account, async (vault) => {
      provider = dataOf(row, "key");
      const item = (await vault.listItems()).find((each) => each.provider === provider);
      if (account.vault !== vault) throw new VaultError("vault_locked");
      find("#label-dialog-title", HTMLElement, dialog).textContent = `Rename the ${nameOf(row)} key`;
      problem.textContent = "";
      label.value = item?.label ?? "";
      dialog.showModal();
      label.select();
    });
  });
  onSubmit(form, problem, async () => {
    // Read now: a lock empties the field.
    const wanted = label.value.trim();
    const done = await untilLocked(account, async (vault) => {
      await vault.relabelKey(provider, wanted);
    });
    if (!done) return;
    dialog.close();
    await refresh();
    toast("Label saved");
  });
}

/** What is decrypted must not outlive the vault's being open. */
export function closeRename(): void {
  const dialog = find("#label-dialog", HTMLDialogElement);
  find("#new-label", HTMLInputElement, dialog).value = "";
  dialog.close();
}
