/** /apps/<id>/settings: changes, rotates, verifies and deletes one app. */
import { RelayError, type Account } from "@1relay/core";

import { Attempt } from "./apps/attempt";
import { wireDeletion } from "./apps/deletion";
import { onAppSubmit } from "./apps/form";
import { wireLogo } from "./apps/logo";
import { showSecret } from "./apps/secret";
import { onAction } from "./ui/actions";
import { confirmAction } from "./ui/dialogs";
import { dataOf, find, ownerOf } from "./ui/dom";
import { fieldOf, onSubmit } from "./ui/forms";
import { startUserPage } from "./ui/page";
import { refreshRegion } from "./ui/region";
import { toast } from "./ui/toast";
import { withVault } from "./ui/unlock";

type Rotated = { clientSecret: string; previousExpiresAt: string | null };
type Verdict = { verified: boolean; why: string | null };

const account: Account = startUserPage();
const page = find("#app", HTMLElement);
const path = `/v1/apps/${dataOf(page, "app")}`;
const dialog = find("#rotate-dialog", HTMLDialogElement);
const form = find("form", HTMLFormElement, dialog);

wireLogo(account, path);
wireDeletion(account, path, () => dataOf(page, "name"));

onAppSubmit(find("#edit-form", HTMLFormElement), async (body) => {
  const done = await withVault(account, async () => {
    await account.api.patch(path, body, { elevated: true });
  });
  if (!done) return;
  page.dataset["name"] = body.name;
  for (const place of document.querySelectorAll("h1 bdi, #delete-dialog-title bdi"))
    place.textContent = body.name;
  await refreshRegion("verification");
  toast("Changes saved");
});

let attempt = new Attempt();

onAction("rotate", () => {
  attempt = new Attempt();
  form.reset();
  dialog.showModal();
});

onSubmit(form, find("#rotate-error", HTMLElement, dialog), async () => {
  const immediately = fieldOf(form, "immediately", HTMLInputElement).checked;
  await withVault(account, async () => {
    const rotated = await account.api.post<Rotated>(
      `${path}/rotate-secret`,
      { immediately },
      { elevated: true, idempotencyKey: attempt.keyFor({ immediately }) },
    );
    attempt = new Attempt();
    dialog.close();
    showSecret({ clientSecret: rotated.clientSecret, note: noteOf(rotated) }, () => {
      void refreshRegion("credentials");
    });
  });
});

function noteOf(rotated: Rotated): string {
  const once = "This is the only time it is shown. Put it on your server now.";
  if (rotated.previousExpiresAt === null) return `${once} The old secret no longer works.`;
  const until = new Date(rotated.previousExpiresAt).toLocaleString([], {
    dateStyle: "medium",
    timeStyle: "short",
  });
  return `${once} The old secret works until ${until}.`;
}

onAction("stop-secret", () => {
  confirmAction({
    title: "Stop the previous secret?",
    text: "Servers that still use it are refused from this moment. The present secret goes on working.",
    yes: "Stop it now",
    busy: "Stopping…",
    run: () =>
      withVault(account, async () => {
        await account.api.delete(`${path}/previous-secret`, { elevated: true });
      }),
    after: async () => {
      await refreshRegion("credentials");
      toast("The previous secret no longer works");
    },
  });
});

onAction("test-mode", async (button) => {
  const testMode = button.dataset["to"] === "on";
  const done = await withVault(account, async () => {
    await account.api.patch(path, { testMode }, { elevated: true });
  });
  if (!done) return;
  await refreshRegion("test-mode");
  toast(testMode ? "Test mode is on: the sandbox alone" : "Test mode is off");
});

onAction("verify", async (button) => {
  const row = ownerOf(button, "[data-origin]");
  const verdict = await verify(dataOf(row, "origin"));
  await refreshRegion("verification");
  if (verdict.why !== null) find(`#${row.id} [data-why]`, HTMLElement).textContent = verdict.why;
  else toast("Verified");
});

async function verify(origin: string): Promise<Verdict> {
  try {
    return await account.api.post<Verdict>(`${path}/verify`, { origin });
  } catch (error) {
    if (!(error instanceof RelayError) || error.code !== "rate_limited") throw error;
    return { verified: false, why: "Asked too often. Wait a minute and check again." };
  }
}
