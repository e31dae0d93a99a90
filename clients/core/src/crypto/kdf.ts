// The public parameters of the password derivation. Source: protocol.md, "Password → two independent keys".
import { b64uDecode, b64uEncode, type Bytes, joinParts, randomBytes } from "./encoding";
import { BadEncoding } from "./errors";
import { SALT } from "./labels";
import { sha256 } from "./tokens";

export type Kdf = {
  algorithm: "argon2id";
  memoryKib: number;
  iterations: number;
  parallelism: 1;
  /** b64u of 16 bytes. */
  salt: string;
};

export const DEFAULT_MEMORY_KIB = 65536;
export const DEFAULT_ITERATIONS = 3;
const SALT_BYTES = 16;

/** Parameters for a new password: the defaults, but no less than `former` ones, and a fresh salt. */
export function newKdf(former?: Kdf): Kdf {
  const salt = b64uEncode(randomBytes(SALT_BYTES));
  return {
    algorithm: "argon2id",
    memoryKib: Math.max(DEFAULT_MEMORY_KIB, former?.memoryKib ?? 0),
    iterations: Math.max(DEFAULT_ITERATIONS, former?.iterations ?? 0),
    parallelism: 1,
    salt,
  };
}

/** Answers what came over the wire as parameters, if they are within the bounds. Throws BadEncoding. */
export function checkKdf(value: unknown): Kdf {
  const kdf = (typeof value === "object" && value !== null ? value : {}) as Partial<
    Record<keyof Kdf, unknown>
  >;
  if (kdf.algorithm !== "argon2id" || kdf.parallelism !== 1) throw new BadEncoding("another key derivation");
  b64uDecode(kdf.salt, SALT_BYTES);
  return {
    algorithm: "argon2id",
    memoryKib: integer(kdf.memoryKib, 19456, 1048576),
    iterations: integer(kdf.iterations, 2, 16),
    parallelism: 1,
    salt: kdf.salt as string,
  };
}

/** `kdfText`: the parameters as a part of proofs, joined by zero bytes. */
export function kdfText(kdf: Kdf): string[] {
  return [kdf.algorithm, String(kdf.memoryKib), String(kdf.iterations), String(kdf.parallelism), kdf.salt];
}

/** The 16 bytes of salt that Argon2 gets: bound to the email, so that no two accounts share a table. */
export async function argonSalt(email: string, kdf: Kdf): Promise<Bytes> {
  return (await sha256(joinRaw(joinParts(SALT, email), b64uDecode(kdf.salt, SALT_BYTES)))).slice(0, 16);
}

function joinRaw(parts: Bytes, last: Bytes): Bytes {
  const whole = new Uint8Array(parts.length + 1 + last.length);
  whole.set(parts);
  whole.set(last, parts.length + 1);
  return whole;
}

function integer(value: unknown, least: number, most: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) {
    throw new BadEncoding("key derivation parameters out of bounds");
  }
  return value;
}
