/** /connections/<id>: limits, providers, pause, resume, revoke. */
import { unsavedLimits, wireLimits } from "./connections/limitsForm";
import { wireProviders } from "./connections/providers";
import { wireStanding } from "./connections/standing";
import { startUserPage } from "./ui/page";
import { refreshRegion } from "./ui/region";

const account = startUserPage((state) => {
  if (state === "unlocked") void account.vault?.tidyNotes().catch(() => undefined);
});

/** The form is new after every change, so it is made to work anew. */
async function refresh(): Promise<void> {
  await refreshRegion("connection-page");
  wireLimits(account, refresh);
}

/** After a change beside the form: what was typed into it and not saved stays. */
async function refreshAround(): Promise<void> {
  const putBack = unsavedLimits();
  await refresh();
  putBack();
}

wireStanding(account, refreshAround);
wireProviders(account, refreshAround);
wireLimits(account, refresh);
