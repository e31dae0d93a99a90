// HKDF and AES-256-GCM, from WebCrypto. Source: protocol.md, "Conventions".
import { b64uDecode, b64uEncode, type Bytes, concat, randomBytes, utf8 } from "./encoding";
import { BadEncoding, CannotOpen } from "./errors";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Key material for HKDF: raw bytes, or a key that was imported so that nothing can read it again. */
export type KeyMaterial = Bytes | CryptoKey;

/** Makes raw bytes usable by HKDF only, and not readable by any script. */
export function importMaterial(raw: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", raw, "HKDF", false, ["deriveBits", "deriveKey"]);
}

/** HKDF-SHA-256, empty salt, 32 bytes out. */
export async function hkdf(material: KeyMaterial, info: string): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.deriveBits(parameters(info), await asKey(material), 256));
}

/** The same as an AEAD key that can't be read out. */
export async function hkdfKey(material: KeyMaterial, info: string): Promise<CryptoKey> {
  const algorithm = { name: "AES-GCM", length: 256 };
  return crypto.subtle.deriveKey(parameters(info), await asKey(material), algorithm, false, [
    "encrypt",
    "decrypt",
  ]);
}

/** 32 raw bytes as an AEAD key. */
export function aeadKey(raw: Bytes): Promise<CryptoKey> {
  if (raw.length !== 32) throw new BadEncoding("an AEAD key has 32 bytes");
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** Encrypts under a fresh random nonce; answers b64u(nonce ∥ ciphertext ∥ tag). */
export async function seal(key: CryptoKey, aad: Bytes, plaintext: Bytes): Promise<string> {
  const iv = randomBytes(NONCE_BYTES);
  const ciphertext = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv, additionalData: aad },
    key,
    plaintext,
  );
  return b64uEncode(concat(iv, new Uint8Array(ciphertext)));
}

/** Opens a blob. Throws BadEncoding (malformed, or under 28 bytes) or CannotOpen. */
export async function open(key: CryptoKey, aad: Bytes, blob: unknown): Promise<Bytes> {
  const raw = b64uDecode(blob);
  if (raw.length < NONCE_BYTES + TAG_BYTES) throw new BadEncoding("shorter than a nonce and a tag");
  const algorithm = { name: "AES-GCM", iv: raw.subarray(0, NONCE_BYTES), additionalData: aad };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, raw.subarray(NONCE_BYTES)));
  } catch {
    // WebCrypto says OperationError and no more, whatever was wrong.
    throw new CannotOpen("the blob does not open");
  }
}

function parameters(info: string): HkdfParams {
  return { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8(info) };
}

function asKey(material: KeyMaterial): CryptoKey | Promise<CryptoKey> {
  return material instanceof CryptoKey ? material : importMaterial(material);
}
