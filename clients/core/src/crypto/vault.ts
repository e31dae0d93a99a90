// The vault key and the items under it. Source: protocol.md, "Vault".
import { aeadKey, hkdfKey, type KeyMaterial, open, seal } from "./aead";
import { type Bytes, checkProvider, checkProviderKey, joinParts, randomBytes } from "./encoding";
import { BadEncoding } from "./errors";
import { type JsonObject, readJsonObject, writeJson } from "./json";
import { VAULT_ITEM, VAULT_KEY } from "./labels";

export const VAULT_KEY_BYTES = 32;

/** What is inside a vault item; members we don't know are kept on rewriting. */
export type ItemSecret = JsonObject & { apiKey: string; label: string };

export function newVaultKey(): Bytes {
  return randomBytes(VAULT_KEY_BYTES);
}

export async function wrapVaultKey(wrapKey: Bytes, vaultKey: Bytes): Promise<string> {
  return seal(await aeadKey(wrapKey), joinParts(VAULT_KEY), vaultKey);
}

/** The 32 raw bytes of the vault key. Throws BadEncoding or CannotOpen. */
export async function unwrapVaultKey(wrapKey: Bytes, wrappedVaultKey: string): Promise<Bytes> {
  return ofVaultKeyLength(await open(await aeadKey(wrapKey), joinParts(VAULT_KEY), wrappedVaultKey));
}

export async function sealItem(vaultKey: KeyMaterial, provider: string, secret: ItemSecret): Promise<string> {
  checkProviderKey(secret.apiKey);
  return seal(await hkdfKey(vaultKey, VAULT_ITEM), itemPlace(provider), writeJson(secret));
}

/** Throws BadEncoding (malformed, or not the JSON of an item) or CannotOpen. */
export async function openItem(
  vaultKey: KeyMaterial,
  provider: string,
  vaultItem: string,
): Promise<ItemSecret> {
  const secret = readJsonObject(
    await open(await hkdfKey(vaultKey, VAULT_ITEM), itemPlace(provider), vaultItem),
  );
  if (typeof secret["label"] !== "string") throw new BadEncoding("an item has a label");
  return { ...secret, apiKey: checkProviderKey(secret["apiKey"]), label: secret["label"] };
}

export function ofVaultKeyLength(raw: Bytes): Bytes {
  if (raw.length !== VAULT_KEY_BYTES) throw new BadEncoding("a vault key has 32 bytes");
  return raw;
}

function itemPlace(provider: string): Bytes {
  return joinParts(VAULT_ITEM, checkProvider(provider));
}
