// Text forms: strict b64u, joined message parts, identifiers. Everything here refuses with BadEncoding.
// Source: protocol.md, "Conventions".
import { BadEncoding } from "./errors";

/** Raw bytes that WebCrypto takes. */
export type Bytes = Uint8Array<ArrayBuffer>;

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const EMAIL = /^[\x21-\x3f\x41-\x7e]{1,64}@[A-Za-z0-9.-]{1,190}$/;
const PROVIDER = /^[a-z][a-z0-9-]{1,31}$/;
const ID = /^[a-z]{3}_[0-9A-Za-z_]{16,40}$/;
const PROVIDER_KEY = /^[\x21-\x7e]{8,512}$/;

/** Writes bytes as base64url without padding. */
export function b64uEncode(raw: Uint8Array): string {
  let text = "";
  for (let at = 0; at < raw.length; at += 3) {
    const group = ((raw[at] ?? 0) << 16) | ((raw[at + 1] ?? 0) << 8) | (raw[at + 2] ?? 0);
    const symbols = Math.min(raw.length - at, 3) + 1;
    for (let symbol = 0; symbol < symbols; symbol++)
      text += ALPHABET[(group >> (18 - 6 * symbol)) & 63] ?? "";
  }
  return text;
}

/** Reads canonical base64url; `length` is the exact number of bytes wanted. Throws BadEncoding for everything else. */
export function b64uDecode(text: unknown, length?: number): Bytes {
  if (typeof text !== "string" || text.length % 4 === 1) throw new BadEncoding("not canonical base64url");
  const raw = new Uint8Array(Math.floor((text.length * 3) / 4));
  let pending = 0;
  let bits = 0;
  let at = 0;
  for (const symbol of text) {
    const value = ALPHABET.indexOf(symbol);
    if (value < 0) throw new BadEncoding("not canonical base64url");
    pending = (pending << 6) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      raw[at++] = pending >> bits;
      pending &= (1 << bits) - 1;
    }
  }
  if (pending !== 0) throw new BadEncoding("not canonical base64url");
  if (length !== undefined && raw.length !== length) throw new BadEncoding("wrong number of bytes");
  return raw;
}

/** UTF-8 of a string; TextEncoder would quietly replace a lone surrogate, this refuses it. */
export function utf8(text: string): Bytes {
  if (/\p{Surrogate}/u.test(text)) throw new BadEncoding("not Unicode text");
  return new TextEncoder().encode(text);
}

/** The string of UTF-8 bytes; a byte order mark is kept, so that JSON refuses it. */
export function fromUtf8(raw: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    throw new BadEncoding("not UTF-8");
  }
}

/** One byte sequence after the other. */
export function concat(...pieces: Uint8Array[]): Bytes {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Random bytes from the platform. */
export function randomBytes(count: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(count));
}

/** Parts of a message with one zero byte between them; a part that contains one is refused. */
export function joinParts(...parts: string[]): Bytes {
  if (parts.some((part) => part.includes("\0"))) throw new BadEncoding("a message part contains a zero byte");
  return utf8(parts.join("\0"));
}

/** The one form of an email that proofs and salts use: stripped, checked, A–Z lowered. */
export function normaliseEmail(text: unknown): string {
  const stripped = typeof text === "string" ? text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "") : "";
  // Only ASCII has passed, so toLowerCase can't do more than A–Z → a–z.
  return checked(EMAIL, stripped, "an email address").toLowerCase();
}

export function checkProvider(text: unknown): string {
  return checked(PROVIDER, text, "a provider id");
}

/** An id (`con_…`), checked before it enters an `aad`. */
export function checkId(text: unknown): string {
  return checked(ID, text, "an id");
}

/** 8 to 512 visible ASCII characters: a CR would be an attack on the header it ends up in. */
export function checkProviderKey(text: unknown): string {
  return checked(PROVIDER_KEY, text, "a provider key");
}

function checked(pattern: RegExp, text: unknown, what: string): string {
  if (typeof text !== "string" || !pattern.test(text)) throw new BadEncoding(`not ${what}`);
  return text;
}
