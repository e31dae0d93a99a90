// Deeds whose answer was lost: done or not, nobody can tell from here.
import { RelayError, VaultError, type VaultErrorCode } from "./errors";

/** Whether the deed may have been done although it failed: no answer, an unreadable one, or trouble at the relay. */
export function isUnsure(error: unknown): boolean {
  if (!(error instanceof RelayError)) return false;
  return error.status === 0 || error.status >= 500 || error.code === "unreadable_answer";
}

/** Sends a deed; where its outcome is unsure, throws the VaultError that says so and what to do. */
export async function elseUnsure<T>(code: VaultErrorCode, deed: Promise<T>): Promise<T> {
  try {
    return await deed;
  } catch (error) {
    throw isUnsure(error) ? new VaultError(code) : error;
  }
}
