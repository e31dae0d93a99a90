// What a new password must be. Its own module because of the list: only pages that take a new password carry it.
import fingerprints from "#common-passwords";

import { type Bytes, utf8 } from "./encoding";
import { normalisePassword } from "./password";
import { sha256 } from "./tokens";

export type PasswordRefusal = "too_short" | "too_common" | "not_text";

export const SHORTEST_PASSWORD = 12;

/** Why a new password is refused, or null. Source: protocol.md, "Password → two independent keys". */
export async function refuseNewPassword(password: string): Promise<PasswordRefusal | null> {
  let normalised: string;
  try {
    normalised = normalisePassword(password);
  } catch {
    return "not_text";
  }
  if (Array.from(normalised).length < SHORTEST_PASSWORD) return "too_short";
  return (await isCommon(normalised)) ? "too_common" : null;
}

async function isCommon(normalised: string): Promise<boolean> {
  const listed = atob(fingerprints);
  const wanted = latin1((await sha256(utf8(normalised.toLowerCase()))).subarray(0, 4));
  let low = 0;
  let high = listed.length / 4;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (listed.slice(middle * 4, middle * 4 + 4) < wanted) low = middle + 1;
    else high = middle;
  }
  return listed.slice(low * 4, low * 4 + 4) === wanted;
}

function latin1(raw: Bytes): string {
  return String.fromCharCode(...raw);
}
