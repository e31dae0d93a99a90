// Registering. Its own module: only pages that take a new password carry the list of common ones.
import type { Account } from "./account";
import { newVaultKey } from "./crypto/vault";
import { RelayError, VaultError } from "./errors";
import { emailOf, refuseInsecurePage } from "./loginProver";
import { newLogin } from "./newLogin";
import { newRecovery } from "./recovery";
import { isUnsure } from "./outcome";
import type { SignedIn } from "./types";
import type { UnlockedVault } from "./vault";

export type NewAccount = { email: string; password: string; withRecovery?: boolean };
export type SignedUp = {
  vault: UnlockedVault;
  /** To be shown once, if it was asked for: `XXXX-XXXX-…`. */
  recoveryKey: string | null;
};

/** Emails whose vault an attempt of this page may have made. */
const tried = new Set<string>();

/**
 * Makes an account, signed in and unlocked. Throws VaultError password_refused, email_refused, unsure_sign_up, and
 * perhaps_yours where the attempt before was unsure; RelayError email_taken.
 */
export async function signUp(account: Account, input: NewAccount): Promise<SignedUp> {
  refuseInsecurePage();
  const context = { origin: account.api.origin, email: emailOf(input.email) };
  const vaultKey = newVaultKey();
  const login = await newLogin(context, input.password, vaultKey);
  const recovery = input.withRecovery === true ? await newRecovery(vaultKey) : null;
  const body = { email: context.email, ...login.stored, ...login.proof, ...recovery?.stored };
  const answer = await registered(context.email, account.api.post<SignedIn>("/v1/auth/register", body));
  const vault = await account.takeOver(answer, login.stored.kdf, { vaultKey, loginSeed: login.loginSeed });
  return { vault, recoveryKey: recovery?.shown ?? null };
}

async function registered(email: string, registering: Promise<SignedIn>): Promise<SignedIn> {
  try {
    const answer = await registering;
    // What follows may fail too, and the vault is there.
    tried.add(email);
    return answer;
  } catch (error) {
    const isTaken = error instanceof RelayError && error.code === "email_taken";
    if (isTaken && tried.has(email)) throw new VaultError("perhaps_yours");
    if (!isUnsure(error)) throw error;
    tried.add(email);
    throw new VaultError("unsure_sign_up");
  }
}
