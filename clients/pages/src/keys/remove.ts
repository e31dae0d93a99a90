import type { Account } from "@1relay/core";

import { onAction } from "../ui/actions";
import { confirmAction } from "../ui/dialogs";
import { dataOf, find, ownerOf } from "../ui/dom";
import { toast } from "../ui/toast";
import { withVault } from "../ui/unlock";
import { nameOf } from "./rows";

/** Delete buttons: shows what the deletion ends, then deletes the key and its sealed copies. */
export function wireDelete(account: Account, refresh: () => Promise<void>): void {
  onAction("delete", (button) => {
    const row = ownerOf(button, "[data-key]");
    const affected = find("[data-affected]", HTMLElement, row).cloneNode(true) as HTMLElement;
    affected.hidden = false;
    confirmAction({
      title: `Delete the ${nameOf(row)} key?`,
      text: "It leaves your vault together with every sealed copy. The provider still knows it: if it may have leaked, delete it there too.",
      details: affected,
      yes: "Delete key",
      busy: "Deleting…",
      run: async () => {
        const done = await withVault(account, async (vault) => {
          await vault.deleteKey(dataOf(row, "key"));
        });
        if (!done) return;
        await refresh();
        toast(`${nameOf(row)} key deleted`);
      },
    });
  });
}
