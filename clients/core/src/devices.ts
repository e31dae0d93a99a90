// The signed-in devices of a person, and when their vaults lock by themselves.
import type { Account } from "./account";
import type { Device } from "./types";

export const AUTO_LOCK_MINUTES = [1, 5, 15, 60] as const;

export function listDevices(account: Account): Promise<Device[]> {
  return account.api.all<Device>("/v1/auth/sessions");
}

/** Signs one device out. */
export async function endDevice(account: Account, sessionId: string): Promise<void> {
  await account.api.delete(`/v1/auth/sessions/${encodeURIComponent(sessionId)}`);
}

/** Signs every other device out; answers how many. */
export async function endOtherDevices(account: Account): Promise<number> {
  return (await account.api.delete<{ ended: number }>("/v1/auth/sessions")).ended;
}

/** After how many idle minutes vaults lock, on every device; needs the unlocked vault. */
export async function setAutoLock(account: Account, minutes: number): Promise<void> {
  await account.api.put("/v1/auth/auto-lock", { minutes }, { elevated: true });
  await account.keepOpen();
}
