/** Pause, resume and revoke, on the list and on a connection's own page. */
import type { Account } from "@1relay/core";

import { onAction } from "../ui/actions";
import { confirmAction } from "../ui/dialogs";
import { dataOf, make, ownerOf } from "../ui/dom";
import { toast } from "../ui/toast";
import { changeConnection } from "./change";

const LIST = "/connections";

/** The element that says which connection a button is about. */
export function connectionOf(button: Element): HTMLElement {
  return ownerOf(button, "[data-connection]");
}

/** Makes the buttons work, now and in what the page is refreshed to. */
export function wireStanding(account: Account, refresh: () => Promise<void>): void {
  onAction("pause", async (button) => {
    const owner = connectionOf(button);
    const name = dataOf(owner, "name");
    const place = { id: dataOf(owner, "connection"), refresh };
    await changeConnection(account, place, { status: "paused" }, false, `${name} is paused`);
  });
  onAction("resume", async (button) => {
    const owner = connectionOf(button);
    const name = dataOf(owner, "name");
    const place = { id: dataOf(owner, "connection"), refresh };
    await changeConnection(account, place, { status: "active" }, true, `${name} works again`);
  });
  onAction("revoke", (button) => {
    askToRevoke(account, connectionOf(button), refresh);
  });
}

function askToRevoke(account: Account, owner: HTMLElement, refresh: () => Promise<void>): void {
  const name = dataOf(owner, "name");
  const isPending = dataOf(owner, "status") === "pending";
  const text = isPending
    ? "The app can no longer pick up what you approved."
    : "Its sealed keys are deleted, its next call is refused, and running answers end within a second. To use it again you connect it anew.";
  confirmAction({
    title: isPending ? `Withdraw your approval of ${name}?` : `Revoke ${name}?`,
    text,
    ...(isPending ? {} : { details: leakAdvice() }),
    yes: isPending ? "Withdraw" : "Revoke",
    busy: "Revoking…",
    run: async () => {
      await account.api.delete(`/v1/connections/${dataOf(owner, "connection")}`);
    },
    after: async () => {
      if (isPending && location.pathname !== LIST) location.assign(LIST);
      else await refresh();
      toast(isPending ? "Approval withdrawn" : `${name} is revoked`);
    },
  });
}

function leakAdvice(): HTMLElement {
  return make(
    "p",
    { class: "small soft" },
    "If its access token may have leaked together with a copy of the relay’s database, replace your keys at their providers as well.",
  );
}
