// A connection's key, and everything that is sealed with it or holds it. Source: protocol.md, "Connections".
import { aeadKey, hkdfKey, type KeyMaterial, open, seal } from "./aead";
import { b64uDecode, b64uEncode, type Bytes, checkId, checkProvider, checkProviderKey } from "./encoding";
import { fromUtf8, joinParts, randomBytes, utf8 } from "./encoding";
import { BadEncoding } from "./errors";
import { readJsonObject, writeJson } from "./json";
import { ACCESS_TOKEN, CONNECTION_KEY, OWNER, OWNER_GRANT, PUBLIC_TOKEN, SEALED_KEY } from "./labels";
import { checkToken } from "./tokens";

/** The `clientId` of a connection for the user's own tools. */
export const PERSONAL = "personal";

const CONNECTION_KEY_BYTES = 32;
const CLIENT_ID = /^1r_cid_[0-9A-Za-z]{22}$/;

/** The user's own note of what was approved. */
export type OwnerGrant = { connectionKey: Bytes; clientId: string; providers: string[] };

export function newConnectionKey(): Bytes {
  return randomBytes(CONNECTION_KEY_BYTES);
}

/** One provider key for one connection. Throws BadEncoding for a key that no header could carry. */
export async function sealKey(
  key: Bytes,
  connectionId: string,
  provider: string,
  apiKey: string,
): Promise<string> {
  return seal(await aeadKey(key), sealedPlace(connectionId, provider), utf8(checkProviderKey(apiKey)));
}

/** The provider key. Throws BadEncoding or CannotOpen. */
export async function openSealedKey(
  key: Bytes,
  connectionId: string,
  provider: string,
  sealedKey: string,
): Promise<string> {
  return checkProviderKey(
    fromUtf8(await open(await aeadKey(key), sealedPlace(connectionId, provider), sealedKey)),
  );
}

export async function sealOwnerGrant(
  vaultKey: KeyMaterial,
  connectionId: string,
  grant: OwnerGrant,
): Promise<string> {
  const { clientId, providers } = checkGrant({ ...grant });
  const note = { connectionKey: b64uEncode(grant.connectionKey), clientId, providers };
  return seal(await hkdfKey(vaultKey, OWNER), joinParts(OWNER_GRANT, checkId(connectionId)), writeJson(note));
}

/** Throws BadEncoding (also if it hasn't exactly its three members) or CannotOpen. */
export async function openOwnerGrant(
  vaultKey: KeyMaterial,
  connectionId: string,
  ownerGrant: string,
): Promise<OwnerGrant> {
  const aad = joinParts(OWNER_GRANT, checkId(connectionId));
  const note = readJsonObject(await open(await hkdfKey(vaultKey, OWNER), aad, ownerGrant));
  if (Object.keys(note).sort().join() !== "clientId,connectionKey,providers") {
    throw new BadEncoding("an owner grant has exactly three members");
  }
  const connectionKey = b64uDecode(note["connectionKey"], CONNECTION_KEY_BYTES);
  return { connectionKey, ...checkGrant(note) };
}

/** The connection key for the one exchange of a public token. */
export function sealGrantedKey(publicToken: string, connectionId: string, key: Bytes): Promise<string> {
  return sealConnectionKey(publicToken, PUBLIC_TOKEN, connectionId, key);
}

export function openGrantedKey(
  publicToken: string,
  connectionId: string,
  grantedKey: string,
): Promise<Bytes> {
  return openConnectionKey(publicToken, PUBLIC_TOKEN, connectionId, grantedKey);
}

/** The connection key for every call with an access token. */
export function sealHeldKey(accessToken: string, connectionId: string, key: Bytes): Promise<string> {
  return sealConnectionKey(accessToken, ACCESS_TOKEN, connectionId, key);
}

export function openHeldKey(accessToken: string, connectionId: string, heldKey: string): Promise<Bytes> {
  return openConnectionKey(accessToken, ACCESS_TOKEN, connectionId, heldKey);
}

async function sealConnectionKey(
  token: string,
  info: string,
  connectionId: string,
  key: Bytes,
): Promise<string> {
  return seal(await hkdfKey(utf8(checkToken(token)), info), keyPlace(connectionId), ofKeyLength(key));
}

async function openConnectionKey(
  token: string,
  info: string,
  connectionId: string,
  blob: string,
): Promise<Bytes> {
  return ofKeyLength(await open(await hkdfKey(utf8(checkToken(token)), info), keyPlace(connectionId), blob));
}

function checkGrant({ clientId, providers }: { clientId?: unknown; providers?: unknown }) {
  if (typeof clientId !== "string" || (clientId !== PERSONAL && !CLIENT_ID.test(clientId))) {
    throw new BadEncoding("not a client id");
  }
  if (!Array.isArray(providers)) throw new BadEncoding("not a list of providers");
  return { clientId, providers: providers.map(checkProvider) };
}

function ofKeyLength(key: Bytes): Bytes {
  if (key.length !== CONNECTION_KEY_BYTES) throw new BadEncoding("a connection key has 32 bytes");
  return key;
}

function keyPlace(connectionId: string): Bytes {
  return joinParts(CONNECTION_KEY, checkId(connectionId));
}

function sealedPlace(connectionId: string, provider: string): Bytes {
  return joinParts(SEALED_KEY, checkId(connectionId), checkProvider(provider));
}
