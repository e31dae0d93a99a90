import { type Account, type Connection, deleteAccount } from "@1relay/core";

import { onAction } from "../ui/actions";
import { dataOf, find, make } from "../ui/dom";
import { clearErrors, FieldError, onSubmit } from "../ui/forms";
import { besidePassword, typedPassword } from "./askPassword";
import { asOwnDeed } from "./typed";

const LIVE = new Set(["active", "paused"]);

export function wireEnd(account: Account): void {
  const dialog = find("#end-dialog", HTMLDialogElement);
  const form = find("form", HTMLFormElement, dialog);
  const email = find("#end-email", HTMLInputElement);
  const password = find("#end-password", HTMLInputElement);
  const problem = find("#end-form-error", HTMLElement);
  onAction("open-end", () => {
    clearErrors(form, problem);
    dialog.showModal();
    // The page says it without numbers where they can't be had.
    void showLosses(account).catch(() => undefined);
  });
  dialog.addEventListener("close", () => {
    email.value = password.value = "";
  });
  onSubmit(form, problem, async () => {
    if (email.value.trim().toLowerCase() !== dataOf(email, "expected"))
      throw new FieldError(email, "Type the email of this account, as it stands above.");
    try {
      const typed = typedPassword(password);
      await asOwnDeed(() => deleteAccount(account, typed));
    } catch (error) {
      throw besidePassword(error, password);
    }
    location.replace("/signin?deleted=1");
  });
}

/** Puts numbers to what will be gone. */
async function showLosses(account: Account): Promise<void> {
  const [keys, connections, apps] = await Promise.all([
    account.api.all("/v1/keys"),
    account.api.all<Connection>("/v1/connections"),
    account.api.all("/v1/apps"),
  ]);
  const live = connections.filter(({ status }) => LIVE.has(status)).length;
  const losses = [
    keys.length > 0 &&
      `${counted(keys.length, "key")} in your vault. At the providers they go on working: revoke them there if you don’t need them.`,
    live > 0 && `${counted(live, "connection")}. The apps stop working with your keys at once.`,
    apps.length > 0 && `${counted(apps.length, "developer app")}, and everybody’s connections to them.`,
    "Your vault, every signed-in device, your recovery kit and your activity.",
  ].filter((words) => words !== false);
  find("#losses", HTMLElement).replaceChildren(...losses.map((words) => make("li", {}, words)));
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
