import { Account, type AccountState } from "@1relay/core";

import { onAction } from "./actions";
import { wireDialogs } from "./dialogs";
import { find } from "./dom";
import { rescueFocus } from "./focus";
import { toast } from "./toast";
import { toggleTyped } from "./typed";
import { requireVault, wireUnlock } from "./unlock";
import { wireVerifyEmail } from "./verifyEmail";

/** Parts of every page: showing a typed secret, copying a value. */
export function startAnyPage(): void {
  onAction("show-password", toggleTyped);
  onAction("copy", (button) =>
    copyText(find(`#${button.dataset["copyFrom"] ?? ""}`, HTMLElement).textContent),
  );
}

/** Puts text on the clipboard and says so. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied");
  } catch {
    toast("The browser did not allow copying. Select the text and copy it yourself.", "bad");
  }
}

/**
 * Starts a page of a signed-in person: account menu, unlock dialog, and the reaction to what happens in other tabs.
 * `onState` hears of every state, first of the one the page was found in; also when the page is about to be left, which
 * may take long: what is secret must be gone from it.
 */
export function startUserPage(onState: (state: AccountState) => void = () => undefined): Account {
  startAnyPage();
  wireDialogs();
  const account = Account.fromPage();
  wireUnlock(account);
  const signsOut = wireMenu(account);
  wireVerifyEmail(account);
  const hear = (state: AccountState): void => {
    showLockState(state === "unlocked");
    onState(state);
    if (state === "signed-out") location.assign(signsOut() ? "/signin" : signInAddress());
    else if (state === "switched") location.reload();
  };
  account.onChange(hear);
  void restore(account, hear);
  return account;
}

/** Where to sign in and come back to this page. */
export function signInAddress(): string {
  return `/signin?next=${encodeURIComponent(location.pathname + location.search)}`;
}

async function restore(account: Account, hear: (state: AccountState) => void): Promise<void> {
  try {
    // An unlocked vault is announced by onChange.
    if ((await account.restore()) === null) hear(account.state);
  } catch {
    hear("locked");
  }
}

/** Answers how to hear whether the session is ended by this very page: then nobody means to come back to it. */
function wireMenu(account: Account): () => boolean {
  let isSigningOut = false;
  const menu = find("#account-menu", HTMLDetailsElement);
  const closeMenu = (): void => {
    if (menu.contains(document.activeElement)) menu.querySelector("summary")?.focus();
    menu.open = false;
  };
  onAction("unlock", async () => {
    closeMenu();
    await requireVault(account);
    rescueFocus();
  });
  onAction("lock", async () => {
    closeMenu();
    await account.lock();
    toast("Vault locked");
  });
  onAction("sign-out", async () => {
    isSigningOut = true;
    try {
      await account.signOut();
    } finally {
      isSigningOut = false;
    }
  });
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Node && menu.contains(event.target))) menu.open = false;
  });
  menu.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !menu.contains(relatedTarget)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeMenu();
  });
  return () => isSigningOut;
}

function showLockState(unlocked: boolean): void {
  find("[data-lock-state]", HTMLElement).textContent = unlocked
    ? "Vault unlocked in this browser"
    : "Vault locked in this browser";
  find("#account-menu [data-action=lock]", HTMLElement).hidden = !unlocked;
  find("#account-menu [data-action=unlock]", HTMLElement).hidden = unlocked;
}
