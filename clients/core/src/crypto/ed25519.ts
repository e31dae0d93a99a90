// Ed25519: the platform's, or @noble/ed25519 in browsers that lack it (Chrome before 137, Firefox before 129, Safari before 17).
import * as noble from "@noble/ed25519";

import { b64uDecode, b64uEncode, type Bytes, concat } from "./encoding";
import { BadEncoding, BadProof } from "./errors";

const SEED_BYTES = 32;
// RFC 8410: what stands before the seed in a PKCS #8 private key of Ed25519.
const PKCS8_HEAD = new Uint8Array([
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
]);

// Every encoding of the small-order points: libraries accept them, and one forged signature then fits every message.
const SMALL_ORDER = new Set([
  "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA",
  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA",
  "7P_______________________________________38",
  "7P________________________________________8",
  "7f_______________________________________38",
  "7f________________________________________8",
  "7v_______________________________________38",
  "7v________________________________________8",
  "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU",
  "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_IU",
  "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o",
  "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA_o",
]);

/** A private key that signs and can't be read out (where the platform has Ed25519). */
export interface Signer {
  /** b64u of 32 bytes. */
  readonly publicKey: string;
  /** The signature, b64u of 64 bytes. */
  sign(message: Bytes): Promise<string>;
}

/** The signer of a 32-byte seed. */
export async function makeSigner(seed: Bytes): Promise<Signer> {
  if (seed.length !== SEED_BYTES) throw new BadEncoding("an Ed25519 seed has 32 bytes");
  return (await platformSigner(seed)) ?? librarySigner(seed);
}

/** The platform's own Ed25519; null where it has none. */
export async function platformSigner(seed: Bytes): Promise<Signer | null> {
  const pkcs8 = concat(PKCS8_HEAD, seed);
  let readable: CryptoKey;
  try {
    readable = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]);
  } catch {
    return null;
  }
  const { x: publicKey = "" } = await crypto.subtle.exportKey("jwk", readable);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]);
  return {
    publicKey,
    async sign(message) {
      return b64uEncode(new Uint8Array(await crypto.subtle.sign("Ed25519", key, message)));
    },
  };
}

/** The same in JavaScript; the seed stays in memory, readable by this page's scripts. */
export async function librarySigner(seed: Bytes): Promise<Signer> {
  const kept = seed.slice(); // the caller may wipe its own
  return {
    publicKey: b64uEncode(await noble.getPublicKeyAsync(kept)),
    async sign(message) {
      return b64uEncode(await noble.signAsync(message, kept));
    },
  };
}

/** Checks a signature. Throws BadEncoding (malformed) or BadProof (refused key, or it doesn't verify). */
export async function verify(publicKey: string, message: Bytes, signature: string): Promise<void> {
  const key = b64uDecode(publicKey, 32);
  const raw = b64uDecode(signature, 64);
  if (SMALL_ORDER.has(publicKey)) throw new BadProof("the public key is refused");
  if (!(await verifies(key, message, raw))) throw new BadProof("the signature does not verify");
}

async function verifies(key: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  let imported: CryptoKey;
  try {
    imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
  } catch {
    return noble.verifyAsync(signature, message, key).catch(() => false);
  }
  return crypto.subtle.verify("Ed25519", imported, signature, message);
}
