import type { Account, UnlockedVault } from "@1relay/core";

import { dataOf, find } from "../ui/dom";
import { maskedKey } from "../ui/words";

/**
 * Fills in what only the unlocked browser knows: labels, and the last four characters of each key. Nothing, if the vault is
 * locked before all of it is read.
 */
export async function showUnlocked(account: Account, vault: UnlockedVault): Promise<void> {
  const items = await vault.listItems();
  const whole = items.filter((item) => !item.damaged).map((item) => item.provider);
  const apiKeys = await vault.apiKeys(whole);
  if (account.vault !== vault) return;
  for (const item of items) {
    const row = document.getElementById(`key-${item.provider}`);
    if (row === null) continue;
    find("[data-label]", HTMLElement, row).textContent = item.label;
    const apiKey = apiKeys.get(item.provider);
    if (apiKey === undefined) showTail(row, "can’t be opened", "Replace it with a fresh key.");
    else showTail(row, maskedKey(apiKey), "");
  }
}

/** Takes everything decrypted off the page again. */
export function showLocked(): void {
  const notice = find("#locked-notice", HTMLElement);
  notice.hidden = "empty" in notice.dataset;
  for (const row of document.querySelectorAll<HTMLElement>("[data-key]")) {
    find("[data-label]", HTMLElement, row).textContent = "";
    showTail(row, "••••••••", "hidden while the vault is locked");
  }
}

/** The display name of a row's provider. */
export function nameOf(row: HTMLElement): string {
  return dataOf(row, "name");
}

function showTail(row: HTMLElement, text: string, note: string): void {
  find("[data-tail]", HTMLElement, row).textContent = text;
  find("[data-tail-note]", HTMLElement, row).textContent = note;
}
