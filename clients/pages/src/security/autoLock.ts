import { type Account, setAutoLock } from "@1relay/core";

import { find } from "../ui/dom";
import { toast } from "../ui/toast";
import { withVault } from "../ui/unlock";
import { wordsFor } from "../ui/words";

/** Saves at the choice; a choice that could not be saved goes back. */
export function wireAutoLock(account: Account): void {
  const form = find("#lock-form", HTMLFormElement);
  const state = find("#lock-state", HTMLElement);
  let saved = find<HTMLInputElement>("input:checked", HTMLInputElement, form);
  let saving = Promise.resolve();
  form.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement)) return;
    saving = saving.then(() => save(target));
  });

  async function save(chosen: HTMLInputElement): Promise<void> {
    try {
      const isDone = await withVault(account, () => setAutoLock(account, Number(chosen.value)));
      if (isDone) {
        saved = chosen;
        state.textContent = "Saved";
        toast("Saved for all your browsers.");
      }
    } catch (error) {
      toast(wordsFor(error), "bad");
    }
    saved.checked = true;
  }
}
