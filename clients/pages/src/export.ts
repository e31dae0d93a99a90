/** /export: everything the relay keeps of a person, as one ZIP made here. */
import type { Connection, Me, UnlockedVault } from "@1relay/core";
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
    if (!withKeys.checked) await exportAll(null);
    else if (!(await withVault(account, exportAll))) return;
    toast("Your export is in the browser’s downloads");
  } finally {
    progress.hidden = true;
    // What is asked for twice is meant twice.
    withKeys.checked = false;
  }
});

async function exportAll(vault: UnlockedVault | null): Promise<void> {
  progress.hidden = false;
  bar.removeAttribute("value");
  const blob = await downloadZip(entries(vault)).blob();
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
  if (vault !== null)
    yield json("keys-in-clear.json", await step("Your keys, decrypted here", () => inClear(vault)));
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
    log.textContent = `Your calls: ${lines.toLocaleString("en-US")} lines`;
  };
  for (const kind of ["csv", "jsonl"] as const)
    yield { name: `calls.${kind}`, input: await ledgerFile(kind, count), lastModified: new Date() };
}

async function inClear(vault: UnlockedVault): Promise<object[]> {
  const items = await vault.listItems();
  const opened = items.map(async ({ provider, label, damaged }) => ({
    provider,
    label,
    apiKey: damaged ? null : await vault.revealKey(provider),
  }));
  return Promise.all(opened);
}

function step<T>(what: string, read: () => Promise<T>): Promise<T> {
  log.textContent = what;
  return read();
}

function json(name: string, value: unknown): Entry {
  return { name, input: JSON.stringify(value, null, 2) + "\n", lastModified: new Date() };
}
