// What a new password puts in place. Its own module: only pages that take one carry the list of common passwords.
import { makeSigner } from "./crypto/ed25519";
import type { Bytes } from "./crypto/encoding";
import { type Kdf, newKdf } from "./crypto/kdf";
import { derivePasswordKeys } from "./crypto/password";
import { refuseNewPassword } from "./crypto/passwordRules";
import { type NewPassword, type ProofContext, registerMessage } from "./crypto/proofs";
import { wrapVaultKey } from "./crypto/vault";
import { VaultError } from "./errors";

export type NewLogin = {
  loginSeed: Bytes;
  /** For the relay to keep. */
  stored: NewPassword;
  proof: { registerProof: string };
};

/** A login key and a wrap of the vault key from a password that is not weak. Throws VaultError password_refused. */
export async function newLogin(
  context: ProofContext,
  password: string,
  vaultKey: Bytes,
  former?: Kdf,
): Promise<NewLogin> {
  await refuseWeak(password);
  const kdf = newKdf(former);
  const { loginSeed, wrapKey } = await derivePasswordKeys(password, context.email, kdf);
  const signer = await makeSigner(loginSeed);
  const registerProof = await signer.sign(registerMessage(context, signer.publicKey));
  const wrappedVaultKey = await wrapVaultKey(wrapKey, vaultKey);
  return {
    loginSeed,
    stored: { kdf, loginPublicKey: signer.publicKey, wrappedVaultKey },
    proof: { registerProof },
  };
}

/** Throws VaultError password_refused. */
export async function refuseWeak(password: string): Promise<void> {
  const refusal = await refuseNewPassword(password);
  if (refusal !== null) throw new VaultError("password_refused", refusal);
}
