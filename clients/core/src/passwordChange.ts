// Changing the master password. Source: protocol.md, "Password → two independent keys".
import type { Account } from "./account";
import { makeSigner } from "./crypto/ed25519";
import { passwordMessage } from "./crypto/proofs";
import { newLogin, refuseWeak } from "./newLogin";
import { elseUnsure } from "./outcome";
import { wipe } from "./sessionKeeper";
import type { LoggedIn } from "./types";

export type PasswordChange = { current: string; next: string };

/**
 * Puts a new password in place; every other session ends, and this one goes on under a new name. Keys and connections stay.
 * Throws VaultError wrong_password (the current one), password_refused, unsure_password.
 */
export async function changePassword(account: Account, { current, next }: PasswordChange): Promise<void> {
  await refuseWeak(next);
  const proved = await account.proveAnew(current);
  try {
    const { email, kdf, vaultKey, loginSeed } = proved;
    const context = { origin: account.api.origin, email };
    const login = await newLogin(context, next, vaultKey, kdf);
    const signer = await makeSigner(loginSeed);
    // Only now: deriving is slow, and a challenge lives two minutes.
    const { challenge } = await account.challenge(email);
    const passwordProof = await signer.sign(await passwordMessage({ ...context, challenge }, login.stored));
    const body = { challenge, passwordProof, ...login.stored, ...login.proof };
    const change = account.api.put<LoggedIn>("/v1/auth/password", body, { elevated: true });
    const answer = await elseUnsure("unsure_password", change);
    const secrets = { vaultKey: vaultKey.slice(), loginSeed: login.loginSeed };
    // The password is changed: a vault that can't be kept open now asks for it like any locked one.
    await account.takeOver(answer, login.stored.kdf, secrets).catch(() => undefined);
  } finally {
    wipe(proved);
  }
}
