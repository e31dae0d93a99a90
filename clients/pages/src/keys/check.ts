import type { Account } from "@1relay/core";

import { CheckRun } from "../keyGuide/check";
import type { KeyFacts } from "../keyGuide/facts";
import { beforeCheck } from "../keyGuide/words";
import { onAction } from "../ui/actions";
import { dataOf, find, make, ownerOf } from "../ui/dom";
import { untilLocked } from "../ui/unlock";

const runs = new Map<string, CheckRun>();

/** Check buttons: says what a check means, then tries the stored key at its provider. */
export function wireChecks(account: Account, all: KeyFacts[]): void {
  onAction("check", (button) => {
    const row = ownerOf(button, "[data-key]");
    const facts = all.find(({ id }) => id === dataOf(row, "key"));
    if (facts === undefined) return;
    if (runs.has(facts.id)) closeCheck(row);
    else openCheck(account, row, facts);
  });
}

/** Ends every check, when the vault locks. */
export function closeChecks(): void {
  for (const id of [...runs.keys()]) {
    const row = document.getElementById(`key-${id}`);
    if (row !== null) closeCheck(row);
    runs.delete(id);
  }
}

function openCheck(account: Account, row: HTMLElement, facts: KeyFacts): void {
  const run = new CheckRun();
  runs.set(facts.id, run);
  const start = make("button", { type: "button", class: "button button--small" }, "Try it now");
  const cancel = make("button", { type: "button", class: "button button--plain button--small" }, "Close");
  cancel.addEventListener("click", () => {
    closeCheck(row);
  });
  start.addEventListener("click", () => {
    start.disabled = true;
    void check(account, run, facts).finally(() => {
      start.disabled = false;
    });
  });
  const hint = make("p", { class: "field__hint" }, beforeCheck(facts).replace(" You can skip it.", ""));
  const place = find("[data-check]", HTMLElement, row);
  place.replaceChildren(hint, make("div", { class: "row" }, start, cancel), run.element);
  mark(row, true);
  start.focus();
}

async function check(account: Account, run: CheckRun, facts: KeyFacts): Promise<void> {
  try {
    await untilLocked(account, async (vault) => {
      const apiKey = await vault.revealKey(facts.id);
      // Closed meanwhile, by the person or by the lock.
      if (runs.get(facts.id) === run && account.vault === vault) await run.run(vault, facts, apiKey);
    });
  } catch {
    run.show({ tone: "bad", title: "The key could not be tried.", text: "Reload the page and try again." });
  }
}

function closeCheck(row: HTMLElement): void {
  const id = dataOf(row, "key");
  runs.get(id)?.clear();
  runs.delete(id);
  const place = find("[data-check]", HTMLElement, row);
  const hadFocus = place.contains(document.activeElement);
  place.replaceChildren();
  mark(row, false);
  if (hadFocus) find("[data-action=check]", HTMLElement, row).focus();
}

function mark(row: HTMLElement, shown: boolean): void {
  find("[data-check]", HTMLElement, row).hidden = !shown;
  find("[data-action=check]", HTMLElement, row).setAttribute("aria-expanded", String(shown));
}
