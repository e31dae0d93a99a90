// The messages that login and recovery keys sign; every signature is bound to one relay, one account and one purpose.
// Source: protocol.md, "Password → two independent keys".
import { b64uDecode, b64uEncode, type Bytes, joinParts } from "./encoding";
import { type Kdf, kdfText } from "./kdf";
import { CHANGE_PASSWORD, DELETE_ACCOUNT, LOGIN, RECOVER, RECOVER_READ, REGISTER } from "./labels";
import { sha256 } from "./tokens";

/** Where and for whom a proof is made. */
export type ProofContext = {
  /** The relay's origin as this client is configured to reach it. */
  origin: string;
  /** Normalised. */
  email: string;
};
export type Challenged = ProofContext & {
  /** b64u of 32 bytes, from prelogin. */
  challenge: string;
};
export type NewPassword = { kdf: Kdf; loginPublicKey: string; wrappedVaultKey: string };
export type NewRecovery = { recoveryPublicKey: string; recoveryVaultKey: string };

export function registerMessage({ origin, email }: ProofContext, loginPublicKey: string): Bytes {
  return joinParts(REGISTER, origin, email, loginPublicKey);
}

export function loginMessage(to: Challenged): Bytes {
  return answer(LOGIN, to);
}

export function deleteMessage(to: Challenged): Bytes {
  return answer(DELETE_ACCOUNT, to);
}

export function recoverReadMessage(to: Challenged): Bytes {
  return answer(RECOVER_READ, to);
}

export async function passwordMessage(to: Challenged, next: NewPassword): Promise<Bytes> {
  const digest = await sha256(joinParts(...kdfText(next.kdf), next.wrappedVaultKey));
  return answer(CHANGE_PASSWORD, to, next.loginPublicKey, b64uEncode(digest));
}

export async function recoverMessage(to: Challenged, next: NewPassword & NewRecovery): Promise<Bytes> {
  const recovery = [next.recoveryPublicKey, next.recoveryVaultKey];
  const digest = await sha256(joinParts(...kdfText(next.kdf), next.wrappedVaultKey, ...recovery));
  return answer(RECOVER, to, next.loginPublicKey, b64uEncode(digest));
}

/** Clients sign nothing but 32-byte challenges: another text in that place could be another message's part. */
function answer(label: string, { origin, email, challenge }: Challenged, ...more: string[]): Bytes {
  b64uDecode(challenge, 32);
  return joinParts(label, origin, email, challenge, ...more);
}
