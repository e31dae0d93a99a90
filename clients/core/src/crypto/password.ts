// Password → master key → login seed and wrap key. Source: protocol.md, "Password → two independent keys".
import { argon2 } from "#argon2";

import { hkdf } from "./aead";
import { type Bytes, utf8 } from "./encoding";
import { BadEncoding } from "./errors";
import { argonSalt, checkKdf, type Kdf } from "./kdf";
import { LOGIN, WRAP } from "./labels";

export type PasswordKeys = {
  /** Ed25519 seed of the login key. */
  loginSeed: Bytes;
  /** Opens wrappedVaultKey. */
  wrapKey: Bytes;
};

/** The two keys of a password; takes some tenths of a second. `email` is normalised. Throws BadEncoding. */
export async function derivePasswordKeys(password: string, email: string, kdf: Kdf): Promise<PasswordKeys> {
  return splitMasterKey(await deriveMasterKey(password, email, kdf));
}

export async function deriveMasterKey(password: string, email: string, kdf: Kdf): Promise<Bytes> {
  const { memoryKib, iterations } = checkKdf(kdf);
  const salt = await argonSalt(email, kdf);
  const masterKey = await argon2({
    password: utf8(normalisePassword(password)),
    salt,
    memoryKib,
    iterations,
  });
  return new Uint8Array(masterKey);
}

export async function splitMasterKey(masterKey: Bytes): Promise<PasswordKeys> {
  return { loginSeed: await hkdf(masterKey, LOGIN), wrapKey: await hkdf(masterKey, WRAP) };
}

/** NFKC, never trimmed. Lone surrogates and U+0000 are refused before normalising. */
export function normalisePassword(password: string): string {
  if (/[\p{Surrogate}\0]/u.test(password)) throw new BadEncoding("the password is not text");
  return password.normalize("NFKC");
}
