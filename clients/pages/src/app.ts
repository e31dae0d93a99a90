/** /apps/<id>: changes, rotates and deletes one app. */
import { onAppSubmit } from "./apps/form";
import { showSecret } from "./apps/secret";
import { onAction } from "./ui/actions";
import { confirmAction } from "./ui/dialogs";
import { dataOf, find } from "./ui/dom";
import { fieldOf, onSubmit } from "./ui/forms";
import { startUserPage } from "./ui/page";
import { toast } from "./ui/toast";
import { withVault } from "./ui/unlock";

type Rotated = { clientSecret: string; previousExpiresAt: string | null };

const account = startUserPage();
const page = find("#app", HTMLElement);
const path = `/v1/apps/${dataOf(page, "app")}`;
const dialog = find("#rotate-dialog", HTMLDialogElement);
const form = find("form", HTMLFormElement, dialog);

onAppSubmit(find("#edit-form", HTMLFormElement), async (body) => {
  const done = await withVault(account, async () => {
    await account.api.patch(path, body, { elevated: true });
  });
  if (!done) return;
  find("h1 bdi", HTMLElement, page).textContent = body.name;
  toast("Changes saved");
});

onAction("rotate", () => {
  form.reset();
  dialog.showModal();
});

onSubmit(form, find("#rotate-error", HTMLElement, dialog), async () => {
  const immediately = fieldOf(form, "immediately", HTMLInputElement).checked;
  await withVault(account, async () => {
    const rotated = await account.api.post<Rotated>(
      `${path}/rotate-secret`,
      { immediately },
      { elevated: true, idempotencyKey: crypto.randomUUID() },
    );
    dialog.close();
    showSecret({ clientSecret: rotated.clientSecret, note: noteOf(rotated) }, () => {
      location.reload();
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

onAction("delete", () => {
  confirmAction({
    title: `Delete ${dataOf(page, "name")}?`,
    text: "Its credentials stop working and every connection people have with it ends at once. There is no way back.",
    yes: "Delete app",
    busy: "Deleting…",
    run: async () => {
      const done = await withVault(account, async () => {
        await account.api.delete(path, { elevated: true });
      });
      if (done) location.assign("/apps");
    },
  });
});
