import type { Connection, UnlockedVault } from "@1relay/core";

import { whileBusy } from "../ui/busy.js";
import { find } from "../ui/dom.js";
import { day, dollars } from "./describe.js";
import { fill } from "./dom.js";
import type { LinkSession } from "./session.js";

/** The person's latest connection with the app that asks for a new one; null if there is none to be changed. */
export async function existingOf(vault: UnlockedVault, session: LinkSession): Promise<Connection | null> {
  if (session.update) return null;
  const connections = await vault.api.all<Connection>("/v1/connections");
  const theirs = connections.filter(
    ({ app, status }) => app?.clientId === session.app.clientId && ["active", "paused"].includes(status),
  );
  return theirs.sort((one, other) => other.createdAt.localeCompare(one.createdAt))[0] ?? null;
}

/** Says that the app is connected already, and offers to change that connection in place of making another. */
export function showExisting(
  existing: Connection | null,
  isChosen: boolean,
  onChoose: () => Promise<void>,
): void {
  find("#existing", HTMLElement).hidden = existing === null;
  if (existing === null) return;
  const { status, budgetCents, createdAt } = existing;
  const state = status === "paused" ? "Already connected, and paused" : "Already connected";
  const known = `${state}: ${dollars(budgetCents)} a month, since ${day(createdAt)}.`;
  fill(
    "existing-text",
    isChosen ? `${known} You are changing this connection; the app is told that no new one is made.` : known,
  );
  const button = find("#use-existing", HTMLButtonElement);
  button.textContent = isChosen ? "Make a second connection after all" : "Change that one instead";
  button.onclick = () => {
    void whileBusy(button, onChoose);
  };
}
