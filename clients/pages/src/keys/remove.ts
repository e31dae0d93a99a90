import type { Account } from "@1relay/core";

import { onAction } from "../ui/actions";
import { confirmAction } from "../ui/dialogs";
import { dataOf, find, make, ownerOf } from "../ui/dom";
import { toast } from "../ui/toast";
import { withVault } from "../ui/unlock";
import { nameOf } from "./rows";

/** Delete buttons: shows what the deletion ends, by name; where it ends anything, the provider's name must be typed. */
export function wireDelete(account: Account, refresh: () => Promise<void>): void {
  onAction("delete", async (button) => {
    const { id } = ownerOf(button, "[data-key]");
    // What it ends may have changed since the page was read.
    await refresh();
    const row = document.getElementById(id);
    if (row === null) {
      toast("This key is no longer in your vault", "bad");
      return;
    }
    const affected = find("[data-affected]", HTMLElement, row).cloneNode(true) as HTMLElement;
    affected.hidden = false;
    const isTyped = "typed" in affected.dataset;
    if (isTyped) affected.append(typedName(nameOf(row)));
    confirmAction({
      title: `Delete the ${nameOf(row)} key?`,
      text: "It leaves your vault together with every sealed copy. The provider still knows it: if it may have leaked, delete it there too.",
      details: affected,
      yes: "Delete key",
      busy: "Deleting…",
      run: () =>
        withVault(account, async (vault) => {
          await vault.deleteKey(dataOf(row, "key"));
        }),
      after: async () => {
        await refresh();
        toast(`${nameOf(row)} key deleted`);
      },
    });
    find("#confirm-yes", HTMLButtonElement).disabled = isTyped;
  });
}

/** A field that lets the button be pressed once the name stands in it. */
function typedName(name: string): HTMLElement {
  const field = make("input", { class: "input", id: "typed-name", autocomplete: "off", spellcheck: "false" });
  field.addEventListener("input", () => {
    const isRight = field.value.trim().toLowerCase() === name.toLowerCase();
    find("#confirm-yes", HTMLButtonElement).disabled = !isRight;
  });
  return make(
    "div",
    { class: "field" },
    make("label", { for: "typed-name" }, `Type ${name} to confirm`),
    field,
  );
}
