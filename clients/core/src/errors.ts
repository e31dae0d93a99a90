import { CryptoError } from "./crypto/errors";
import type { PasswordRefusal } from "./crypto/passwordRules";
import type { Reseal } from "./reseal";

export type RelayErrorDetails = Record<string, unknown>;

/** The relay said no, or nothing at all (`status` 0). Never refers to the request, which may hold a token. */
export class RelayError extends Error {
  override readonly name = "RelayError";

  constructor(
    /** Stable, from spec/errors.json; without a usable answer one of NO_ANSWER. */
    readonly code: string,
    readonly status: number,
    /** A sentence fit to show. */
    message: string,
    readonly requestId: string | null,
    readonly details: RelayErrorDetails,
  ) {
    super(message);
  }
}

const SESSION_ENDED = new Set(["unauthenticated", "invalid_token", "token_expired"]);

/** Whether the relay no longer knows the session that asked. */
export function saysSessionEnded(error: unknown): boolean {
  return error instanceof RelayError && SESSION_ENDED.has(error.code);
}

/** Whether the vault was locked, here or meanwhile in another tab. */
export function saysLocked(error: unknown): boolean {
  return error instanceof VaultError && error.code === "vault_locked";
}

/** Codes of a RelayError that the relay didn't send itself. */
export const NO_ANSWER = {
  network_unreachable: "The relay can't be reached. Check your connection and try again.",
  network_timeout: "The relay took too long to answer. Try again in a moment.",
  unreadable_answer: "The relay's answer could not be read. Try again in a moment.",
} as const;

const WORDS = {
  vault_locked: "Your vault is locked. Unlock it with your master password.",
  wrong_password: "That is not the email and master password of an account here.",
  tampered: "Something stored for your account was altered or damaged, and was not used.",
  kdf_lowered: "The relay asks for a weaker protection of your password than before. Nothing was sent.",
  other_origin: "This relay calls itself by another address than the one you opened. Nothing was sent.",
  password_refused: "This password can't be used.",
  email_refused: "That is not an email address.",
  kit_refused: "That is not a recovery code. It has eight groups of four letters and digits.",
  wrong_kit:
    "This recovery code does not open an account with this email. Check both; a newer kit replaces older ones.",
  provider_key_refused:
    "That can't be a provider key: it must be 8 to 512 visible characters without spaces.",
  no_such_key: "There is no key of this provider in your vault.",
  key_exists: "There is a key of this provider in your vault already. Replace it on the Keys page.",
  connections_changed:
    "Other connections use this key than those you were shown. Look at the list, then save again.",
  not_requested: "Choose at least one of the providers that were asked for.",
  not_usable: "This connection has ended, or has not begun; it can't be given a provider.",
  unsure_sign_up:
    "The relay gave no clear answer, so we can't tell whether your vault was made. Try again with the same password.",
  perhaps_yours:
    "There is a vault with this email. Your attempt before may have made it: sign in with the password you chose then.",
  unsure_password:
    "The relay gave no clear answer, so we can't tell whether your password was changed. Reload the page and try the new one first. If it fails, the old one still works.",
  unsure_recovery:
    "The relay gave no clear answer, so we can't tell whether your password was changed. Try to sign in with the new one first. If that works, make a new kit under Security: yours has stopped working. If not, recover again with the same kit.",
  unsure_kit:
    "The relay gave no clear answer, and a kit you had may have stopped working. Make a new kit before you rely on one.",
  unsure_deletion:
    "The relay gave no clear answer, so we can't tell whether your account was deleted. Reload the page: if you are still signed in, it was not, and you can try again.",
  insecure_page: "Open this relay by https (or on localhost): browsers allow no encryption elsewhere.",
} as const;

const PASSWORD_WORDS: Record<PasswordRefusal, string> = {
  too_short: "Choose a longer password: at least 12 characters.",
  too_common: "This password is on a list of common ones, which are tried first. Choose another.",
  not_text: "This password has characters that can't be typed again.",
};

export type VaultErrorCode = keyof typeof WORDS;

/** The browser said no, before or after talking to the relay. `message` is a sentence fit to show. */
export class VaultError extends Error {
  override readonly name = "VaultError";

  constructor(
    readonly code: VaultErrorCode,
    /** With `password_refused`: why. */
    readonly reason?: PasswordRefusal,
    /** With `connections_changed`: what replacing the key means now. */
    readonly reseals: Reseal[] = [],
  ) {
    super(reason === undefined ? WORDS[code] : PASSWORD_WORDS[reason]);
  }
}

/** Runs a step on data from the relay; what doesn't open or is malformed becomes `tampered`. */
export async function elseTampered<T>(step: () => T | Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof CryptoError) throw new VaultError("tampered");
    throw error;
  }
}
