import type { UnlockedVault } from "@1relay/core";

import { dataOf, find } from "../ui/dom";
import { maskedKey } from "../ui/words";

/** Fills in what only the unlocked browser knows: labels, and the last four characters of each key. */
export async function showUnlocked(vault: UnlockedVault): Promise<void> {
  const items = await vault.listItems();
  for (const item of items) {
    const row = document.getElementById(`key-${item.provider}`);
    if (row === null) continue;
    find("[data-label]", HTMLElement, row).textContent = item.label;
    const tail = item.damaged ? null : maskedKey(await vault.revealKey(item.provider));
    showTail(row, tail ?? "can’t be opened", item.damaged ? "Replace it with a fresh key." : "");
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
