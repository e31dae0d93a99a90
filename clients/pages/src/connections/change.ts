import { type Account, RelayError } from "@1relay/core";

import { toast } from "../ui/toast";
import { withVault } from "../ui/unlock";
import type { Terms } from "./terms";

/** A connection, and how the page takes the server's new state of it: what was asked in a dialog is closed by then. */
export type Place = { id: string; refresh: () => Promise<void> };
export type Change = { status?: "active" | "paused"; budgetCents?: number; limits?: Partial<Terms> };

/**
 * Changes a connection and shows the server's new state of it. What gives an app more needs the unlocked vault. False: the
 * person would not unlock it, and nothing is changed.
 */
export async function changeConnection(
  account: Account,
  { id, refresh }: Place,
  body: Change,
  givesMore: boolean,
  done: string,
): Promise<boolean> {
  const patch = async (elevated: boolean): Promise<void> => {
    await account.api.patch(`/v1/connections/${id}`, body, {
      elevated,
      idempotencyKey: crypto.randomUUID(),
    });
  };
  if (givesMore || !(await isDoneWithoutVault(patch))) {
    if (!(await withVault(account, () => patch(true)))) return false;
  }
  await refresh();
  toast(done);
  return true;
}

/** False if it gives more after all: what this page shows was changed elsewhere meanwhile. */
async function isDoneWithoutVault(patch: (elevated: boolean) => Promise<void>): Promise<boolean> {
  try {
    await patch(false);
    return true;
  } catch (error) {
    if (!(error instanceof RelayError) || error.code !== "reauth_required") throw error;
    return false;
  }
}
