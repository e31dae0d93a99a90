// Tokens: prefix, 43 base62 characters of randomness, 6 of CRC-32. Source: protocol.md, "Tokens".
import { b64uEncode, type Bytes, randomBytes, utf8 } from "./encoding";
import { BadToken } from "./errors";

export const PREFIXES = ["1r_cs_", "1r_ut_", "1r_lt_", "1r_pt_", "1r_at_"] as const;
export type TokenPrefix = (typeof PREFIXES)[number];

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const PATTERN = /^(1r_(?:cs|ut|lt|pt|at)_)([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;
const ID_BYTES = 16;

/** A fresh random token of one kind. */
export function mintToken(prefix: TokenPrefix): string {
  return writeToken(prefix, randomBytes(32));
}

/** The token that carries these 32 bytes. */
export function writeToken(prefix: TokenPrefix, random: Uint8Array): string {
  const body = prefix + base62(bigEndian(random), 43);
  return body + checksum(body);
}

/** Answers the token if its pattern and checksum are right, and its kind if one is asked for. Throws BadToken. */
export function checkToken(token: unknown, prefix?: TokenPrefix): string {
  const parts = typeof token === "string" ? PATTERN.exec(token) : null;
  const [whole, kind, random, sum] = parts ?? [];
  if (whole === undefined || kind === undefined || random === undefined)
    throw new BadToken("not a 1Relay token");
  if (prefix !== undefined && kind !== prefix) throw new BadToken("a token of another kind");
  if (checksum(kind + random) !== sum) throw new BadToken("the token is damaged");
  return whole;
}

/** SHA-256 of the whole token, as b64u: what the server stores of it. */
export async function digestToken(token: string): Promise<string> {
  return b64uEncode(await sha256(utf8(token)));
}

/** A fresh id with at least 128 random bits, such as `con_…` for a personal connection. */
export function mintId(prefix: "con"): string {
  return `${prefix}_${base62(bigEndian(randomBytes(ID_BYTES)), 22)}`;
}

export async function sha256(message: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", message));
}

function checksum(body: string): string {
  return base62(BigInt(crc32(utf8(body))), 6);
}

function bigEndian(raw: Uint8Array): bigint {
  return raw.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

function base62(number: bigint, width: number): string {
  let text = "";
  for (let rest = number; rest > 0n; rest /= 62n) text = (ALPHABET[Number(rest % 62n)] ?? "") + text;
  return text.padStart(width, "0");
}

/** CRC-32 as in zlib (reflected, polynomial 0xEDB88320). */
function crc32(raw: Uint8Array): number {
  let crc = ~0;
  for (const byte of raw) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
