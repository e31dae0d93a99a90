// Deleting an account. Source: protocol.md, "Password → two independent keys".
import type { Account } from "./account";
import { makeSigner } from "./crypto/ed25519";
import { deleteMessage } from "./crypto/proofs";
import { elseUnsure } from "./outcome";
import { wipe } from "./sessionKeeper";

/** Deletes the account with everything in it, after the password once more. Throws VaultError wrong_password, unsure_deletion. */
export async function deleteAccount(account: Account, password: string): Promise<void> {
  const proved = await account.proveAnew(password);
  try {
    const { challenge } = await account.challenge(proved.email);
    const signer = await makeSigner(proved.loginSeed);
    const context = { origin: account.api.origin, email: proved.email, challenge };
    const deleteProof = await signer.sign(deleteMessage(context));
    const body = { challenge, deleteProof };
    const deletion = account.api.delete("/v1/auth/account", { body, elevated: true });
    await elseUnsure("unsure_deletion", deletion);
  } finally {
    wipe(proved);
  }
  account.sessionEnded();
}
