import { VaultError, type Account, type UnlockedVault } from "@1relay/core";

import { onAction } from "../ui/actions";
import { dataOf, find, ownerOf } from "../ui/dom";
import { FieldError, fieldOf, onSubmit, setFieldError } from "../ui/forms";
import { toast } from "../ui/toast";
import { requireVault, withVault } from "../ui/unlock";
import { keyProblem, showProvider } from "./hints";
import { droppedIn, showReseals, shownIn } from "./reseals";
import { nameOf } from "./rows";

const SANDBOX = { provider: "sandbox", apiKey: "sandbox-key-works", label: "Free test key" };

const dialog = find("#key-dialog", HTMLDialogElement);
const form = find("form", HTMLFormElement, dialog);
const provider = fieldOf(form, "provider", HTMLSelectElement);
const value = find("#key-value", HTMLInputElement, dialog);
const label = fieldOf(form, "label", HTMLInputElement);
const title = find("#key-dialog-title", HTMLElement, dialog);
const problem = find("#key-form-error", HTMLElement, dialog);

/** The dialog that adds or replaces a key, and the button that adds the sandbox's. */
export function wireKeyForm(account: Account, refresh: () => Promise<void>): void {
  onAction("add-key", async () => {
    if ((await requireVault(account)) !== null) openToAdd();
  });
  onAction("replace", async (button) => {
    const row = ownerOf(button, "[data-key]");
    await withVault(account, (vault) => openToReplace(vault, row));
  });
  onAction("add-sandbox", async () => {
    const done = await withVault(account, async (vault) => {
      await vault.putKey(SANDBOX);
    });
    if (!done) return;
    await refresh();
    toast("Sandbox key added. Any app that asks for the sandbox can use it now.");
  });
  provider.addEventListener("change", showHints);
  value.addEventListener("input", showHints);
  dialog.addEventListener("close", () => {
    value.value = "";
  });
  onSubmit(form, problem, async () => {
    const apiKey = value.value.trim();
    const why = keyProblem(provider, apiKey);
    if (why !== null) throw new FieldError(value, why);
    const done = await withVault(account, (vault) => save(vault, apiKey)).catch(showChanged);
    if (!done) return;
    dialog.close();
    await refresh();
  });
}

/** Connections came or went since the list was shown: it is shown again, and asks to be looked at. */
function showChanged(error: unknown): never {
  if (error instanceof VaultError && error.code === "connections_changed") showReseals(dialog, error.reseals);
  throw error;
}

/** The typed key must not outlive the vault's being open. */
export function closeKeyForm(): void {
  value.value = "";
  dialog.close();
}

async function save(vault: UnlockedVault, apiKey: string): Promise<void> {
  const result = await vault.putKey({
    provider: provider.value,
    apiKey,
    label: label.value.trim(),
    shown: shownIn(dialog),
    drop: droppedIn(dialog),
  });
  const given = result.resealed.length;
  const connections = given === 1 ? "1 connection has" : `${String(given)} connections have`;
  toast(result.created ? "Key encrypted and saved" : `Key replaced. ${connections} the new one.`);
}

function openToAdd(): void {
  title.textContent = dataOf(title, "titleAdd");
  for (const option of provider.options) {
    option.disabled = document.getElementById(`key-${option.value}`) !== null;
  }
  provider.selectedIndex = [...provider.options].findIndex((option) => !option.disabled);
  open(false, "");
  showReseals(dialog, []);
}

async function openToReplace(vault: UnlockedVault, row: HTMLElement): Promise<void> {
  const id = dataOf(row, "key");
  const [items, reseals] = await Promise.all([vault.listItems(), vault.reseals(id)]);
  title.textContent = dataOf(title, "titleReplace").replace("{name}", nameOf(row));
  for (const option of provider.options) option.disabled = false;
  provider.value = id;
  open(true, items.find((item) => item.provider === id)?.label ?? "");
  showReseals(dialog, reseals);
}

function open(isFixed: boolean, oldLabel: string): void {
  find("#key-provider-field", HTMLElement, dialog).hidden = isFixed;
  value.value = "";
  value.type = "password";
  label.value = oldLabel;
  problem.textContent = "";
  setFieldError(value, "");
  showHints();
  dialog.showModal();
  value.focus();
}

function showHints(): void {
  showProvider(dialog, provider, value.value.trim());
}
