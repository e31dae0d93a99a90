// Registering. Its own module: only the sign-up page carries the list of common passwords.
import type { Account } from "./account";
import { makeSigner } from "./crypto/ed25519";
import type { Bytes } from "./crypto/encoding";
import { newKdf } from "./crypto/kdf";
import { derivePasswordKeys } from "./crypto/password";
import { refuseNewPassword } from "./crypto/passwordRules";
import { registerMessage } from "./crypto/proofs";
import { newRecoveryKey, recoverySeed, sealRecoveryVaultKey, writeRecoveryKey } from "./crypto/recovery";
import { newVaultKey, wrapVaultKey } from "./crypto/vault";
import { VaultError } from "./errors";
import { emailOf, refuseInsecurePage } from "./loginProver";
import type { SignedIn } from "./types";
import type { UnlockedVault } from "./vault";

export type NewAccount = { email: string; password: string; withRecovery?: boolean };
export type SignedUp = {
  vault: UnlockedVault;
  /** To be shown once, if it was asked for: `XXXX-XXXX-…`. */
  recoveryKey: string | null;
};

/** Makes an account, signed in and unlocked. Throws VaultError password_refused, email_refused; RelayError email_taken. */
export async function signUp(account: Account, input: NewAccount): Promise<SignedUp> {
  refuseInsecurePage();
  const email = emailOf(input.email);
  const refusal = await refuseNewPassword(input.password);
  if (refusal !== null) throw new VaultError("password_refused", refusal);
  const kdf = newKdf();
  const { loginSeed, wrapKey } = await derivePasswordKeys(input.password, email, kdf);
  const signer = await makeSigner(loginSeed);
  const vaultKey = newVaultKey();
  const recovery = input.withRecovery === true ? await makeRecovery(vaultKey) : null;
  const answer = await account.api.post<SignedIn>("/v1/auth/register", {
    email,
    kdf,
    loginPublicKey: signer.publicKey,
    registerProof: await signer.sign(
      registerMessage({ origin: account.api.origin, email }, signer.publicKey),
    ),
    wrappedVaultKey: await wrapVaultKey(wrapKey, vaultKey),
    ...recovery?.body,
  });
  const vault = await account.signedUp(answer, kdf, { vaultKey, loginSeed });
  return { vault, recoveryKey: recovery?.shown ?? null };
}

async function makeRecovery(vaultKey: Bytes) {
  const recoveryKey = newRecoveryKey();
  const { publicKey } = await makeSigner(await recoverySeed(recoveryKey));
  const recoveryVaultKey = await sealRecoveryVaultKey(recoveryKey, vaultKey);
  return { shown: writeRecoveryKey(recoveryKey), body: { recoveryPublicKey: publicKey, recoveryVaultKey } };
}
