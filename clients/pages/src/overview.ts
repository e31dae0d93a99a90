/** /overview: the cap over all apps. */
import { wireDemoMonth } from "./demo/month";
import { onAction } from "./ui/actions";
import { dataOf, find } from "./ui/dom";
import { FieldError, fieldOf, onSubmit, setFieldError } from "./ui/forms";
import { startUserPage } from "./ui/page";
import { refreshRegion } from "./ui/region";
import { toast } from "./ui/toast";
import { withVault } from "./ui/unlock";
import { amountOf, centsOf } from "./ui/words";

const REGION = "overview";
const MOST_CENTS = 100_000_000;
const account = startUserPage();
const dialog = find("#cap-dialog", HTMLDialogElement);
const form = find("form", HTMLFormElement, dialog);
const amount = fieldOf(form, "amount", HTMLInputElement);

wireDemoMonth(account);

onAction("cap", () => {
  const page = find(`#${REGION}`, HTMLElement);
  const cents = dataOf(page, "capCents");
  find("[data-cap-spent]", HTMLElement, dialog).textContent = dataOf(page, "spent");
  find("[data-action=remove-cap]", HTMLElement, dialog).hidden = cents === "";
  amount.value = cents === "" ? "" : amountOf(Number(cents));
  setFieldError(amount, "");
  dialog.showModal();
  amount.select();
});

onAction("remove-cap", () => save(null, "The cap is removed"));

onSubmit(form, find("#cap-amount-error", HTMLElement, dialog), async () => {
  const cents = centsOf(amount.value);
  if (cents === null || cents > MOST_CENTS) {
    throw new FieldError(amount, "Type an amount up to $1,000,000, such as 50 or 12.50.");
  }
  await save(cents, "Cap saved");
});

async function save(budgetCents: number | null, done: string): Promise<void> {
  const saved = await withVault(account, async () => {
    await account.api.put("/v1/budget", { budgetCents }, { elevated: true });
  });
  if (!saved) return;
  dialog.close();
  await refreshRegion(REGION);
  toast(done);
}
