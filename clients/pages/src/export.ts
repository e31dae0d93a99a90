/** /export: everything the relay keeps of a person, as one ZIP made here. */
import { type Connection, type Me, type UnlockedVault, VaultError } from "@1relay/core";
import { downloadZip } from "client-zip";

import { ledgerFile } from "./export/ledgerFile";
import { dataOf, find, make } from "./ui/dom";
import { fieldOf, onSubmit } from "./ui/forms";
import { startUserPage } from "./ui/page";
import { toast } from "./ui/toast";
import { withVault } from "./ui/unlock";

type Entry = { name: string; input: string | ReadableStream<Uint8Array<ArrayBuffer>>; lastModified: Date };

const account = startUserPage();
const form = find("#export-form", HTMLFormElement);
const withKeys = fieldOf(form, "withKeys", HTMLInputElement);
const bar = find("#export-bar", HTMLProgressElement);
const log = find("#export-log", HTMLElement);
const progress = find("#export-progress", HTMLElement);

onSubmit(form, find("#export-error", HTMLElement, form), async () => {
  try {
    if (!withKeys.checked) download(await archive(null));
    else if (!(await withVault(account, exportWithKeys))) return;
    toast("Your export is in the browser’s downloads");
  } finally {
    progress.hidden = true;
    // What is asked for twice is meant twice.
    withKeys.checked = false;
  }
});

/** Nothing is downloaded if the vault was locked meanwhile. Throws VaultError vault_locked. */
async function exportWithKeys(vault: UnlockedVault): Promise<void> {
  const blob = await archive(vault);
  if (account.vault !== vault) throw new VaultError("vault_locked");
  download(blob);
}

function archive(vault: UnlockedVault | null): Promise<Blob> {
  progress.hidden = false;
  bar.removeAttribute("value");
  return downloadZip(entries(vault)).blob();
}

function download(blob: Blob): void {
  const link = make("a", {
    href: URL.createObjectURL(blob),
    download: `1relay-export-${new Date().toISOString().slice(0, 10)}.zip`,
  });
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, 60_000);
}

async function* entries(vault: UnlockedVault | null): AsyncGenerator<Entry> {
  const { api } = account;
  yield json("account.json", {
    ...(await step("Your account", () => api.get<Me>("/v1/auth/me"))),
    csrfToken: undefined,
    sessions: await api.all("/v1/auth/sessions"),
  });
  yield json("keys.json", await step("Your keys, encrypted", () => api.all("/v1/keys")));
  yield json(
    "connections.json",
    await step("Your connections", () => api.all<Connection>("/v1/connections")),
  );
  yield json("activity.json", await step("Your activity", () => api.all("/v1/activity")));
  const total = 2 * Number(dataOf(form, "calls"));
  let lines = 0;
  const count = (more: number): void => {
    lines += more;
    bar.value = total === 0 ? 1 : Math.min(1, lines / total);
    log.textContent = `Your calls: ${lines === 1 ? "1 line" : `${lines.toLocaleString("en-US")} lines`}`;
  };
  for (const kind of ["csv", "jsonl"] as const)
    yield { name: `calls.${kind}`, input: await ledgerFile(kind, count), lastModified: new Date() };
  // Last, so that what is in clear waits for nothing else.
  if (vault !== null)
    yield json("keys-in-clear.json", await step("Your keys, decrypted here", () => inClear(vault)));
}

async function inClear(vault: UnlockedVault): Promise<object[]> {
  const items = await vault.listItems();
  const whole = items.filter((item) => !item.damaged).map((item) => item.provider);
  const apiKeys = await vault.apiKeys(whole);
  return items.map(({ provider, label }) => ({ provider, label, apiKey: apiKeys.get(provider) ?? null }));
}

function step<T>(what: string, read: () => Promise<T>): Promise<T> {
  log.textContent = what;
  return read();
}

function json(name: string, value: unknown): Entry {
  return { name, input: JSON.stringify(value, null, 2) + "\n", lastModified: new Date() };
}
