// The recovery kit: made when wanted, shown once; and the way back in with it. Source: protocol.md, "Vault".
import type { Account } from "./account";
import { makeSigner, type Signer } from "./crypto/ed25519";
import type { Bytes } from "./crypto/encoding";
import { CryptoError } from "./crypto/errors";
import { type NewRecovery, type ProofContext, recoverMessage, recoverReadMessage } from "./crypto/proofs";
import {
  newRecoveryKey,
  openRecoveryVaultKey,
  readRecoveryKey,
  recoverySeed,
  sealRecoveryVaultKey,
  writeRecoveryKey,
} from "./crypto/recovery";
import { elseTampered, RelayError, VaultError } from "./errors";
import { emailOf } from "./loginProver";
import { newLogin, refuseWeak } from "./newLogin";
import { elseUnsure } from "./outcome";
import { wipe } from "./sessionKeeper";
import type { LoggedIn } from "./types";

export type RecoverInput = {
  email: string;
  /** As the person typed it. */
  recoveryKey: string;
  password: string;
};

/**
 * Makes a recovery key, after the password once more; the one before stops working. To be shown once: `XXXX-XXXX-…`.
 * Throws VaultError wrong_password, unsure_kit.
 */
export async function makeRecoveryKit(account: Account, password: string): Promise<string> {
  const proved = await account.proveAnew(password);
  try {
    const { shown, stored } = await newRecovery(proved.vaultKey);
    await elseUnsure("unsure_kit", account.api.put("/v1/auth/recovery", stored, { elevated: true }));
    return shown;
  } finally {
    wipe(proved);
  }
}

/**
 * Puts a new password in place by the recovery key, signs in, and answers the new recovery key, to be shown once.
 * Throws VaultError kit_refused, wrong_kit, password_refused, email_refused, tampered, unsure_recovery.
 */
export async function recover(account: Account, input: RecoverInput): Promise<string> {
  const [email, recoveryKey] = [emailOf(input.email), keyOf(input.recoveryKey)];
  await refuseWeak(input.password);
  const signer = await makeSigner(await recoverySeed(recoveryKey));
  const context = { origin: account.api.origin, email };
  const { kdf, vaultKey } = await readVaultKey(account, context, recoveryKey, signer);
  const login = await newLogin(context, input.password, vaultKey, kdf);
  const next = await newRecovery(vaultKey);
  // One of its own, and only now: deriving is slow, and a challenge lives two minutes.
  const { challenge } = await account.challenge(email);
  const stored = { ...login.stored, ...next.stored };
  const recoverProof = await signer.sign(await recoverMessage({ ...context, challenge }, stored));
  const body = { email, challenge, recoverProof, ...login.proof, ...stored };
  const recovery = elseWrongKit(account.api.post<LoggedIn>("/v1/auth/recover", body));
  const answer = await elseUnsure("unsure_recovery", recovery);
  const secrets = { vaultKey, loginSeed: login.loginSeed };
  // The old kit is dead: whatever happens to the session now, the new one must be shown.
  await account.takeOver(answer, login.stored.kdf, secrets).catch(() => undefined);
  return next.shown;
}

/** A recovery key as a person is shown it, and what the relay is to store for it. */
export async function newRecovery(vaultKey: Bytes): Promise<{ shown: string; stored: NewRecovery }> {
  const recoveryKey = newRecoveryKey();
  const { publicKey } = await makeSigner(await recoverySeed(recoveryKey));
  const recoveryVaultKey = await sealRecoveryVaultKey(recoveryKey, vaultKey);
  return { shown: writeRecoveryKey(recoveryKey), stored: { recoveryPublicKey: publicKey, recoveryVaultKey } };
}

async function readVaultKey(account: Account, to: ProofContext, recoveryKey: Bytes, signer: Signer) {
  const { kdf, challenge } = await account.challenge(to.email);
  const recoverReadProof = await signer.sign(recoverReadMessage({ ...to, challenge }));
  const body = { email: to.email, challenge, recoverReadProof };
  const { recoveryVaultKey } = await elseWrongKit(
    account.api.post<{ recoveryVaultKey: string }>("/v1/auth/recover/read", body),
  );
  return { kdf, vaultKey: await elseTampered(() => openRecoveryVaultKey(recoveryKey, recoveryVaultKey)) };
}

function keyOf(typed: string): Bytes {
  try {
    return readRecoveryKey(typed);
  } catch (error) {
    throw error instanceof CryptoError ? new VaultError("kit_refused") : error;
  }
}

async function elseWrongKit<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof RelayError && error.code === "login_failed") throw new VaultError("wrong_kit");
    throw error;
  }
}
