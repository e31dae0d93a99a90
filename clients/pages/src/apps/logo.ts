import type { Account } from "@1relay/core";
import { b64uEncode } from "@1relay/core/crypto";

import { onAction } from "../ui/actions";
import { find } from "../ui/dom";
import { refreshRegion } from "../ui/region";
import { toast } from "../ui/toast";
import { withVault } from "../ui/unlock";
import { fieldErrors, wordsFor } from "../ui/words";

const MOST_BYTES = 65_536;

/** Makes the logo's buttons work: a chosen picture is sent at once. */
export function wireLogo(account: Account, path: string): void {
  document.addEventListener("change", ({ target }) => {
    if (target instanceof HTMLInputElement && target.id === "logo-file") void send(account, path, target);
  });
  onAction("remove-logo", async () => {
    const done = await withVault(account, async () => {
      await account.api.delete(`${path}/logo`, { elevated: true });
    });
    if (done) await shown("Logo removed");
  });
}

async function send(account: Account, path: string, input: HTMLInputElement): Promise<void> {
  const file = input.files?.[0];
  if (file === undefined) return;
  const problem = find("#logo-file-error", HTMLElement);
  problem.textContent = "";
  try {
    if (file.size > MOST_BYTES) throw new TooLong();
    const png = b64uEncode(new Uint8Array(await file.arrayBuffer()));
    const done = await withVault(account, async () => {
      await account.api.put(`${path}/logo`, { png }, { elevated: true });
    });
    if (done) await shown("Logo saved");
  } catch (error) {
    problem.textContent =
      error instanceof TooLong ? error.message : (fieldErrors(error)["png"] ?? wordsFor(error));
  } finally {
    // Or choosing the same file again would be no change.
    input.value = "";
  }
}

async function shown(words: string): Promise<void> {
  await refreshRegion("logo");
  toast(words);
}

class TooLong extends Error {
  constructor() {
    super("Must be at most 64 KiB.");
  }
}
