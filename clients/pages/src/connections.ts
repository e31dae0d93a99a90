/** /connections: budget, pause, resume, revoke. */
import { changeConnection } from "./connections/change";
import { connectionOf, wireStanding } from "./connections/standing";
import { onAction } from "./ui/actions";
import { dataOf, find } from "./ui/dom";
import { FieldError, fieldOf, onSubmit, setFieldError } from "./ui/forms";
import { startUserPage } from "./ui/page";
import { refreshRegion } from "./ui/region";
import { amountOf, centsOf } from "./ui/words";

const account = startUserPage((state) => {
  if (state === "unlocked") void account.vault?.tidyNotes().catch(() => undefined);
});
const dialog = find("#budget-dialog", HTMLDialogElement);
const form = find("form", HTMLFormElement, dialog);
const amount = fieldOf(form, "amount", HTMLInputElement);
let edited: HTMLElement | null = null;
const refresh = (): Promise<void> => refreshRegion("connections");

wireStanding(account, refresh);

onAction("budget", (button) => {
  edited = connectionOf(button);
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
  const closeFirst = (): Promise<void> => {
    dialog.close();
    return refresh();
  };
  const place = { id: dataOf(edited, "connection"), refresh: closeFirst };
  await changeConnection(account, place, { budgetCents: cents }, raises, "Budget saved");
});
