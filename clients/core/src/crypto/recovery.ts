// The recovery key: 20 random bytes that a person writes down. Source: protocol.md, "Vault".
import { hkdf, hkdfKey, open, seal } from "./aead";
import { type Bytes, joinParts, randomBytes } from "./encoding";
import { BadEncoding } from "./errors";
import { RECOVERY_LOGIN, RECOVERY_VAULT_KEY, RECOVERY_WRAP } from "./labels";
import { ofVaultKeyLength } from "./vault";

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const RECOVERY_KEY_BYTES = 20;

export function newRecoveryKey(): Bytes {
  return randomBytes(RECOVERY_KEY_BYTES);
}

/** Crockford base32, eight groups of four joined by `-`. */
export function writeRecoveryKey(recoveryKey: Uint8Array): string {
  const number = recoveryKey.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  let text = "";
  for (let symbol = 0; symbol < 32; symbol++) {
    if (symbol > 0 && symbol % 4 === 0) text += "-";
    text += CROCKFORD[Number((number >> BigInt(155 - 5 * symbol)) & 31n)] ?? "";
  }
  return text;
}

/** Reads what a person typed: spaces and `-` dropped, a–z raised, O as 0, I and L as 1. Throws BadEncoding. */
export function readRecoveryKey(text: string): Bytes {
  const symbols = text
    .replace(/[ \t\n\v\f\r-]/g, "")
    .replace(/[a-z]/g, (letter) => letter.toUpperCase())
    .replaceAll("O", "0")
    .replace(/[IL]/g, "1");
  if (!/^[0-9A-HJKMNP-TV-Z]{32}$/.test(symbols)) throw new BadEncoding("not a recovery key");
  const recoveryKey = new Uint8Array(RECOVERY_KEY_BYTES);
  let number = Array.from(symbols).reduce(
    (sum, symbol) => (sum << 5n) | BigInt(CROCKFORD.indexOf(symbol)),
    0n,
  );
  for (let at = RECOVERY_KEY_BYTES - 1; at >= 0; at--, number >>= 8n) recoveryKey[at] = Number(number & 255n);
  return recoveryKey;
}

/** Ed25519 seed of the key that proves possession of the recovery key. */
export function recoverySeed(recoveryKey: Bytes): Promise<Bytes> {
  return hkdf(recoveryKey, RECOVERY_LOGIN);
}

export async function sealRecoveryVaultKey(recoveryKey: Bytes, vaultKey: Bytes): Promise<string> {
  return seal(await hkdfKey(recoveryKey, RECOVERY_WRAP), joinParts(RECOVERY_VAULT_KEY), vaultKey);
}

export async function openRecoveryVaultKey(recoveryKey: Bytes, recoveryVaultKey: string): Promise<Bytes> {
  const key = await hkdfKey(recoveryKey, RECOVERY_WRAP);
  return ofVaultKeyLength(await open(key, joinParts(RECOVERY_VAULT_KEY), recoveryVaultKey));
}
