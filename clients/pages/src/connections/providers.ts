/** Giving a connection one more provider, taking one away, and sealing the vault's key for it once more. */
import type { Account, Connection, UnlockedVault } from "@1relay/core";

import { onAction } from "../ui/actions";
import { confirmAction } from "../ui/dialogs";
import { dataOf, find, make, ownerOf } from "../ui/dom";
import { fieldOf, onSubmit, setFieldError } from "../ui/forms";
import { toast } from "../ui/toast";
import { withVault } from "../ui/unlock";
import { connectionOf } from "./standing";

/** Makes the buttons and the dialog work. */
export function wireProviders(account: Account, refresh: () => Promise<void>): void {
  const dialog = find("#provider-dialog", HTMLDialogElement);
  const form = find("form", HTMLFormElement, dialog);
  const choice = fieldOf(form, "provider", HTMLSelectElement);
  const read = (): Promise<Connection> =>
    account.api.get<Connection>(
      `/v1/connections/${dataOf(find("[data-connection]", HTMLElement), "connection")}`,
    );

  onAction("add-provider", async () => {
    await withVault(account, async (vault) => {
      const connection = await read();
      const items = await vault.listItems();
      const addable = items.filter((item) => !item.damaged && !connection.providers.includes(item.provider));
      if (addable.length === 0) {
        toast("Your vault has no key of another provider. Add one on the Keys page first.", "bad");
        return;
      }
      choice.replaceChildren(
        ...addable.map((item) =>
          make("option", { value: item.provider }, titleOf(item.provider, item.label)),
        ),
      );
      setFieldError(choice, "");
      dialog.showModal();
    });
  });
  onSubmit(form, find("#provider-choice-error", HTMLElement, dialog), async () => {
    const done = await withVault(account, async (vault) => {
      await vault.addProvider(await read(), choice.value);
    });
    if (!done) return;
    dialog.close();
    await refresh();
    toast("Added. It can use the key from its next call on.");
  });
  onAction("remove-provider", (button) => {
    askToRemove(account, refresh, ownerOf(button, "[data-provider]"), read);
  });
  onAction("reseal", async (button) => {
    const provider = dataOf(button, "provider");
    const resealed = await withVault(account, async (vault) => {
      await vault.addProvider(await read(), provider);
    });
    if (!resealed) return;
    await refresh();
    toast("The key in your vault is sealed for it again. Its next call shows whether it works.");
  });
}

function askToRemove(
  account: Account,
  refresh: () => Promise<void>,
  row: HTMLElement,
  read: () => Promise<Connection>,
): void {
  const [provider, name] = [dataOf(row, "provider"), dataOf(row, "name")];
  const isLast = row.parentElement?.querySelectorAll("[data-provider]").length === 1;
  const app = dataOf(connectionOf(row), "name");
  confirmAction({
    title: `Remove ${name} from ${app}?`,
    text: isLast
      ? "It is the only provider left: without one the connection is revoked, for good."
      : "Its sealed copy of the key is deleted, and its next call of this provider is refused. The key in your vault stays.",
    yes: isLast ? "Remove and revoke" : "Remove",
    busy: "Removing…",
    run: async () => {
      await remove(account, account.vault, await read(), provider);
    },
    after: async () => {
      await refresh();
      toast(isLast ? `${app} is revoked` : `${name} is removed`);
    },
  });
}

/** Taking away needs no vault; with one, the person's own note of what was approved is written anew at once. */
async function remove(
  account: Account,
  vault: UnlockedVault | null,
  connection: Connection,
  provider: string,
): Promise<void> {
  if (vault !== null) await vault.removeProvider(connection, provider);
  else await account.api.patch(`/v1/connections/${connection.id}`, { removeProviders: [provider] });
}

/** The provider as a choice: its name where the page knows it, and the key's own label. */
function titleOf(provider: string, label: string): string {
  const names = JSON.parse(find("#provider-names", HTMLScriptElement).textContent) as Record<string, string>;
  const name = names[provider] ?? provider;
  return label === "" ? name : `${name} (${label})`;
}
