/** /keys: opens what the server can't, and adds, checks, renames, replaces, reveals and deletes provider keys. */
import { readKeyFacts } from "./keyGuide/facts";
import { closeChecks, wireChecks } from "./keys/check";
import { KeyForm } from "./keys/edit";
import { wireDelete } from "./keys/remove";
import { closeRename, wireRename } from "./keys/rename";
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
    closeChecks();
    closeRename();
    form.close();
    showLocked();
  }
});

async function showRows(): Promise<void> {
  const { vault } = account;
  if (vault === null) {
    showLocked();
    return;
  }
  find("#locked-notice", HTMLElement).hidden = true;
  try {
    await showUnlocked(account, vault);
  } catch (error) {
    // Locked meanwhile: the page says so already.
    if (account.vault === vault) toast(wordsFor(error), "bad");
  }
}

/** After a change: the server's new rows, opened again. */
async function refresh(): Promise<void> {
  hideSecrets();
  closeChecks();
  await refreshRegion("keys-page");
  await showRows();
}

const facts = readKeyFacts();
const form = new KeyForm(account, facts, refresh);
wireReveal(account);
wireChecks(account, facts);
wireRename(account, refresh);
wireDelete(account, refresh);
