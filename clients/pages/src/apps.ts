/** /apps: registers an app, shows its client secret once, and goes on to its quick start. */
import { Attempt } from "./apps/attempt";
import { onAppSubmit } from "./apps/form";
import { showSecret } from "./apps/secret";
import { onAction } from "./ui/actions";
import { find } from "./ui/dom";
import { startUserPage } from "./ui/page";

type Registered = { id: string; clientId: string; clientSecret: string };

const account = startUserPage();
const dialog = find("#register-dialog", HTMLDialogElement);

let attempt = new Attempt();

onAction("register", () => {
  attempt = new Attempt();
  dialog.showModal();
});

onAppSubmit(find("#register-form", HTMLFormElement), async (body) => {
  const app = await account.api.post<Registered>("/v1/apps", body, {
    idempotencyKey: attempt.keyFor(body),
  });
  attempt = new Attempt();
  dialog.close();
  showSecret(app, () => {
    location.assign(`/apps/${app.id}/quickstart`);
  });
});
