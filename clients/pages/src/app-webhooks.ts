/** /apps/<id>/webhooks: where an app's events go, what they are signed with, tests and replays. */
import type { Account } from "@1relay/core";

import { Attempt } from "./apps/attempt";
import { showSecret } from "./apps/secret";
import { onAction } from "./ui/actions";
import { dataOf, find } from "./ui/dom";
import { fieldOf, onSubmit } from "./ui/forms";
import { startUserPage } from "./ui/page";
import { refreshRegion } from "./ui/region";
import { toast } from "./ui/toast";
import { withVault } from "./ui/unlock";

type Made = { signingSecret: string; previousExpiresAt: string | null };
type Delivery = { id: string; attempts: unknown[] };

const LOOKS = 20;
const BETWEEN_LOOKS_MS = 1000;

const account: Account = startUserPage();
const path = `/v1/apps/${dataOf(find("#app", HTMLElement), "app")}`;
const dialog = find("#signing-dialog", HTMLDialogElement);
const form = find("form", HTMLFormElement, dialog);
let attempt = new Attempt();

wireUrl();

/** The form is part of a region: each refresh brings another one. */
function wireUrl(): void {
  const urls = find("#url-form", HTMLFormElement);
  onSubmit(urls, find("#url-error", HTMLElement, urls), async () => {
    const webhookUrl = fieldOf(urls, "webhookUrl", HTMLInputElement).value.trim() || null;
    const done = await withVault(account, async () => {
      await account.api.patch(path, { webhookUrl }, { elevated: true });
    });
    if (!done) return;
    await both();
    toast(webhookUrl === null ? "No events are sent any more" : "Saved");
  });
}

onAction("rotate-signing", () => {
  attempt = new Attempt();
  form.reset();
  dialog.showModal();
});

onSubmit(form, find("#signing-error", HTMLElement, dialog), async () => {
  await make(fieldOf(form, "immediately", HTMLInputElement).checked);
});

onAction("make-signing", () => make(false));

async function make(immediately: boolean): Promise<void> {
  await withVault(account, async () => {
    const made = await account.api.post<Made>(
      `${path}/webhooks/rotate-secret`,
      { immediately },
      { elevated: true, idempotencyKey: attempt.keyFor({ immediately }) },
    );
    attempt = new Attempt();
    dialog.close();
    showSecret({ clientSecret: made.signingSecret }, () => void both());
  });
}

onAction("enable", async () => {
  const done = await withVault(account, async () => {
    await account.api.post(`${path}/webhooks/enable`, {}, { elevated: true });
  });
  if (!done) return;
  await both();
  toast("Enabled: what waited is being sent");
});

onAction("test", async () => {
  await watch(await account.api.post<Delivery>(`${path}/webhooks/test`, {}), 0);
});

onAction("replay", async (button) => {
  const id = dataOf(button, "event");
  const before = await account.api.get<Delivery>(`${path}/webhooks/deliveries/${id}`);
  await account.api.post(`${path}/webhooks/deliveries/${id}/replay`, {});
  await watch(before, before.attempts.length);
});

/** Shows the event, and again once one more attempt has ended or none has within a while. */
async function watch(event: Delivery, had: number): Promise<void> {
  await show(event.id);
  for (let look = 0; look < LOOKS; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS_MS));
    const now = await account.api.get<Delivery>(`${path}/webhooks/deliveries/${event.id}`);
    if (now.attempts.length <= had) continue;
    await refreshEndpoint();
    await show(event.id);
    return;
  }
  toast("Nothing has been sent yet. Is the relay’s worker running?", "bad");
}

async function show(id: string): Promise<void> {
  await refreshRegion("deliveries");
  const row = document.getElementById(id);
  if (row instanceof HTMLDetailsElement) row.open = true;
}

async function both(): Promise<void> {
  await refreshEndpoint();
  await refreshRegion("deliveries");
}

async function refreshEndpoint(): Promise<void> {
  await refreshRegion("endpoint");
  wireUrl();
}
