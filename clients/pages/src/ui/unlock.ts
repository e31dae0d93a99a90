import { VaultError, type Account, type UnlockedVault } from "@1relay/core";

import { find } from "./dom";
import { FieldError, onSubmit } from "./forms";
import { toast } from "./toast";

const LOCKED_MEANWHILE = "Your vault locked before this was done. Unlock it and do it again.";

let waiting: ((vault: UnlockedVault | null) => void)[] = [];

/** Makes the page's unlock dialog work for this account. */
export function wireUnlock(account: Account): void {
  const { dialog, form, password } = parts();
  let isUnlocking = false;
  onSubmit(form, find("#unlock-password-error", HTMLElement, form), async () => {
    if (password.value === "") throw new FieldError(password, "Type your master password.");
    isUnlocking = true;
    try {
      const vault = await unlockWith(account, password);
      answer(vault);
      dialog.close();
    } catch (error) {
      // Nobody waits for it after "Not now".
      if (dialog.open) throw error;
    } finally {
      isUnlocking = false;
    }
  });
  dialog.addEventListener("close", () => {
    password.value = "";
    // "Not now", while the keys are derived or the relay is asked: what is under way must not unlock.
    if (isUnlocking && account.vault === null) void account.lock().catch(() => undefined);
    answer(null);
  });
}

/** The unlocked vault: at once if it is open, else after the person has typed the password; null if they would not. */
export async function requireVault(account: Account): Promise<UnlockedVault | null> {
  const open = account.vault ?? (await account.restore());
  return open ?? askPassword();
}

/** Runs `task` with the unlocked vault, asking once more if the vault locked itself meanwhile. False: the person declined. */
export async function withVault(
  account: Account,
  task: (vault: UnlockedVault) => Promise<void>,
): Promise<boolean> {
  const vault = await requireVault(account);
  if (vault === null) return false;
  try {
    await task(vault);
    return true;
  } catch (error) {
    if (!(error instanceof VaultError) || error.code !== "vault_locked") throw error;
  }
  const again = await askPassword();
  if (again === null) return false;
  await task(again);
  return true;
}

/**
 * The same for what shows or holds something decrypted: a lock, by whomever, ends it, and the password typed next does not take
 * it up again. False: the person declined, or it locked, which is said.
 */
export async function untilLocked(
  account: Account,
  task: (vault: UnlockedVault) => Promise<void>,
): Promise<boolean> {
  const vault = await requireVault(account);
  if (vault === null) return false;
  try {
    await task(vault);
    return true;
  } catch (error) {
    const isLocked = error instanceof VaultError && error.code === "vault_locked";
    if (!isLocked) throw error;
  }
  toast(LOCKED_MEANWHILE, "bad");
  return false;
}

function askPassword(): Promise<UnlockedVault | null> {
  const { dialog, password } = parts();
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (!dialog.open) dialog.showModal();
    password.focus();
  });
}

async function unlockWith(account: Account, password: HTMLInputElement): Promise<UnlockedVault> {
  try {
    return await account.unlock(password.value);
  } catch (error) {
    if (!(error instanceof VaultError) || error.code !== "wrong_password") throw error;
    password.select();
    throw new FieldError(password, "That is not your master password. Try again.");
  }
}

function answer(vault: UnlockedVault | null): void {
  const told = waiting;
  waiting = [];
  for (const tell of told) tell(vault);
}

function parts(): {
  dialog: HTMLDialogElement;
  form: HTMLFormElement;
  password: HTMLInputElement;
} {
  const dialog = find("#unlock-dialog", HTMLDialogElement);
  return {
    dialog,
    form: find("form", HTMLFormElement, dialog),
    password: find("#unlock-password", HTMLInputElement, dialog),
  };
}
