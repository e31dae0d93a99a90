/** What is typed on the page goes with the lock. */
import type { AccountState } from "@1relay/core";

import { forgetTyped } from "../ui/typed";

let deeds = 0;
let wasUnlocked = false;
let lockFell = false;

/** Hears of every state: a vault that locks empties the password fields and closes the dialogs. */
export function forgetWithLock(state: AccountState): void {
  lockFell = state !== "unlocked" && (lockFell || wasUnlocked);
  wasUnlocked = state === "unlocked";
  if (lockFell && deeds === 0) forget();
}

/** Runs a deed that may lock and unlock by itself on its way; a lock that stays is heard of when it is done. */
export async function asOwnDeed<T>(deed: () => Promise<T>): Promise<T> {
  deeds++;
  try {
    return await deed();
  } finally {
    deeds--;
    if (lockFell && deeds === 0) forget();
  }
}

function forget(): void {
  lockFell = false;
  forgetTyped(document);
  for (const dialog of document.querySelectorAll<HTMLDialogElement>("dialog[open]")) dialog.close();
}
