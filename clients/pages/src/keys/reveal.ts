import { type Account, VaultError } from "@1relay/core";

import { onAction } from "../ui/actions";
import { dataOf, find, ownerOf } from "../ui/dom";
import { toast } from "../ui/toast";
import { untilLocked } from "../ui/unlock";

const SHOWN_SECONDS = 30;
const ticking = new Map<string, ReturnType<typeof setInterval>>();

/** Reveal buttons: the whole key for half a minute, with a way to copy it and to clear the clipboard again. */
export function wireReveal(account: Account): void {
  onAction("reveal", async (button) => {
    const row = ownerOf(button, "[data-key]");
    const provider = dataOf(row, "key");
    if (ticking.has(provider)) {
      hide(provider);
      return;
    }
    await untilLocked(account, async (vault) => {
      const apiKey = await vault.revealKey(provider);
      if (account.vault !== vault) throw new VaultError("vault_locked");
      show(provider, apiKey);
    });
  });
  onAction("copy-secret", async (button) => {
    const place = ownerOf(button, "[data-secret]");
    await navigator.clipboard.writeText(find("[data-secret-text]", HTMLElement, place).textContent);
    find("[data-copied]", HTMLElement, place).hidden = false;
  });
  onAction("clear-clipboard", async (button) => {
    await navigator.clipboard.writeText("");
    const place = ownerOf(button, "[data-secret]");
    find("[data-action=copy-secret]", HTMLElement, place).focus();
    find("[data-copied]", HTMLElement, place).hidden = true;
    toast("Clipboard cleared");
  });
}

/** Hides every revealed key at once. */
export function hideSecrets(): void {
  for (const provider of [...ticking.keys()]) hide(provider);
}

function show(provider: string, apiKey: string): void {
  const row = rowOf(provider);
  if (row === null) return;
  hide(provider);
  const seconds = find("[data-secret-seconds]", HTMLElement, row);
  find("[data-secret-text]", HTMLElement, row).textContent = apiKey;
  mark(row, true);
  // By the clock: a page in the background gets fewer ticks, and after a sleep the time is over at once.
  const until = Date.now() + SHOWN_SECONDS * 1000;
  const tick = (): void => {
    const left = Math.ceil((until - Date.now()) / 1000);
    seconds.textContent = String(Math.max(0, left));
    if (left <= 0) hide(provider);
  };
  const timer = setInterval(tick, 1000);
  tick();
  ticking.set(provider, timer);
}

function hide(provider: string): void {
  clearInterval(ticking.get(provider));
  ticking.delete(provider);
  const row = rowOf(provider);
  if (row === null) return;
  const hadFocus = find("[data-secret]", HTMLElement, row).contains(document.activeElement);
  find("[data-secret-text]", HTMLElement, row).textContent = "";
  find("[data-copied]", HTMLElement, row).hidden = true;
  mark(row, false);
  if (hadFocus) find("[data-action=reveal]", HTMLElement, row).focus();
}

function mark(row: HTMLElement, shown: boolean): void {
  find("[data-secret]", HTMLElement, row).hidden = !shown;
  const button = find("[data-action=reveal]", HTMLElement, row);
  button.setAttribute("aria-expanded", String(shown));
  find("[data-reveal-word]", HTMLElement, button).textContent = shown ? "Hide" : "Reveal";
}

function rowOf(provider: string): HTMLElement | null {
  return document.getElementById(`key-${provider}`);
}
