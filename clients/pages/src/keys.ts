/** /keys: opens what the server can't, and adds, replaces, reveals and deletes provider keys. */
import { wireDelete } from "./keys/remove";
import { closeKeyForm, wireKeyForm } from "./keys/edit";
import { hideSecrets, wireReveal } from "./keys/reveal";
import { showLocked, showUnlocked } from "./keys/rows";
import { find } from "./ui/dom";
import { startUserPage } from "./ui/page";
import { refreshRegion } from "./ui/region";
import { toast } from "./ui/toast";
import { wordsFor } from "./ui/words";

const account = startUserPage((state) => {
  if (state === "unlocked") {
    void showRows();
    void account.vault?.tidyNotes().catch(() => undefined);
  } else {
    hideSecrets();
    closeKeyForm();
    showLocked();
  }
});

async function showRows(): Promise<void> {
  find("#locked-notice", HTMLElement).hidden = true;
  try {
    if (account.vault !== null) await showUnlocked(account.vault);
  } catch (error) {
    toast(wordsFor(error), "bad");
  }
}

/** After a change: the server's new rows, opened again. */
async function refresh(): Promise<void> {
  await refreshRegion("keys-page");
  await showRows();
}

wireKeyForm(account, refresh);
wireReveal(account);
wireDelete(account, refresh);
