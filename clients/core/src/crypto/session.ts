// Staying unlocked between pages: half of it in local storage, half with the server. Source: protocol.md, "Vault".
import { hkdfKey, open, seal } from "./aead";
import { b64uDecode, type Bytes, concat, joinParts } from "./encoding";
import { BadEncoding } from "./errors";
import { SESSION, SESSION_VAULT } from "./labels";

export type SessionSecrets = { vaultKey: Bytes; loginSeed: Bytes };

/** `sessionKey` as the server hands it out, b64u of 32 bytes. */
export async function sealSessionVault(sessionKey: string, secrets: SessionSecrets): Promise<string> {
  return seal(await keyOf(sessionKey), joinParts(SESSION_VAULT), concat(secrets.vaultKey, secrets.loginSeed));
}

/** Throws BadEncoding or CannotOpen. */
export async function openSessionVault(sessionKey: string, sessionVault: string): Promise<SessionSecrets> {
  const raw = await open(await keyOf(sessionKey), joinParts(SESSION_VAULT), sessionVault);
  if (raw.length !== 64) throw new BadEncoding("a session vault has 64 bytes");
  return { vaultKey: raw.slice(0, 32), loginSeed: raw.slice(32) };
}

function keyOf(sessionKey: string): Promise<CryptoKey> {
  return hkdfKey(b64uDecode(sessionKey, 32), SESSION);
}
