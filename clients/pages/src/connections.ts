/** /connections: budget, pause, resume, revoke. */
import { RelayError } from "@1relay/core";

import { onAction } from "./ui/actions";
import { confirmAction } from "./ui/dialogs";
import { dataOf, find, make, ownerOf } from "./ui/dom";
import { FieldError, fieldOf, onSubmit, setFieldError } from "./ui/forms";
import { startUserPage } from "./ui/page";
import { refreshRegion } from "./ui/region";
import { toast } from "./ui/toast";
import { withVault } from "./ui/unlock";
import { amountOf, centsOf } from "./ui/words";

const account = startUserPage((state) => {
  if (state === "unlocked") void account.vault?.tidyNotes().catch(() => undefined);
});
const dialog = find("#budget-dialog", HTMLDialogElement);
const form = find("form", HTMLFormElement, dialog);
const amount = fieldOf(form, "amount", HTMLInputElement);
let edited: HTMLElement | null = null;

/** Changes a connection and shows the server's new state of it. What gives an app more needs the unlocked vault. */
async function change(
  card: HTMLElement,
  body: { status?: "active" | "paused"; budgetCents?: number },
  givesMore: boolean,
  done: string,
): Promise<void> {
  const path = `/v1/connections/${dataOf(card, "connection")}`;
  const patch = async (elevated: boolean): Promise<void> => {
    await account.api.patch(path, body, { elevated, idempotencyKey: crypto.randomUUID() });
  };
  if (givesMore || !(await isDoneWithoutVault(patch))) {
    if (!(await withVault(account, () => patch(true)))) return;
  }
  await refreshRegion("connections");
  toast(done);
}

/** False if it gives more after all: what this page shows was changed elsewhere meanwhile. */
async function isDoneWithoutVault(patch: (elevated: boolean) => Promise<void>): Promise<boolean> {
  try {
    await patch(false);
    return true;
  } catch (error) {
    if (!(error instanceof RelayError) || error.code !== "reauth_required") throw error;
    return false;
  }
}

const cardOf = (button: Element): HTMLElement => ownerOf(button, "[data-connection]");

onAction("pause", (button) => {
  const card = cardOf(button);
  return change(card, { status: "paused" }, false, `${dataOf(card, "name")} is paused`);
});

onAction("resume", (button) => {
  const card = cardOf(button);
  return change(card, { status: "active" }, true, `${dataOf(card, "name")} works again`);
});

onAction("revoke", (button) => {
  const card = cardOf(button);
  const name = dataOf(card, "name");
  const isPending = dataOf(card, "status") === "pending";
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
      await account.api.delete(`/v1/connections/${dataOf(card, "connection")}`);
      await refreshRegion("connections");
      toast(isPending ? "Approval withdrawn" : `${name} is revoked`);
    },
  });
});

function leakAdvice(): HTMLElement {
  return make(
    "p",
    { class: "small soft" },
    "If its access token may have leaked together with a copy of the relay’s database, replace your keys at their providers as well.",
  );
}

onAction("budget", (button) => {
  edited = cardOf(button);
  find("[data-budget-name]", HTMLElement, dialog).textContent = dataOf(edited, "name");
  find("[data-budget-spent]", HTMLElement, dialog).textContent =
    `${dataOf(edited, "spent")} is spent in this period already.`;
  amount.value = amountOf(Number(dataOf(edited, "budgetCents")));
  setFieldError(amount, "");
  dialog.showModal();
  amount.select();
});

onSubmit(form, find("#budget-amount-error", HTMLElement, dialog), async () => {
  const cents = centsOf(amount.value);
  if (cents === null || cents === 0 || edited === null) {
    throw new FieldError(amount, "Type an amount above zero, such as 12 or 12.50.");
  }
  const raises = cents > Number(dataOf(edited, "budgetCents"));
  await change(edited, { budgetCents: cents }, raises, "Budget saved");
  dialog.close();
});
