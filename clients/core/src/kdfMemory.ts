import { type Kdf } from "./crypto/kdf";
import { utf8, b64uEncode } from "./crypto/encoding";
import { sha256 } from "./crypto/tokens";
import { VaultError } from "./errors";

type Seen = Pick<Kdf, "memoryKib" | "iterations">;

/** Throws VaultError kdf_lowered if this browser has logged in with more memory or more iterations for that email. */
export async function refuseLowered(storage: Storage | null, email: string, kdf: Kdf): Promise<void> {
  const seen = read(storage?.getItem(await keyOf(email)) ?? null);
  if (kdf.memoryKib < seen.memoryKib || kdf.iterations < seen.iterations) throw new VaultError("kdf_lowered");
}

/** Notes what a proof was just accepted with. */
export async function remember(
  storage: Storage | null,
  email: string,
  { memoryKib, iterations }: Kdf,
): Promise<void> {
  storage?.setItem(await keyOf(email), JSON.stringify({ memoryKib, iterations }));
}

function read(text: string | null): Seen {
  try {
    const { memoryKib, iterations } = JSON.parse(text ?? "{}") as Partial<Record<keyof Seen, unknown>>;
    if (typeof memoryKib === "number" && typeof iterations === "number") return { memoryKib, iterations };
  } catch {
    // Somebody else's value under our name; as if there were none.
  }
  return { memoryKib: 0, iterations: 0 };
}

/** By hash: who has an account here is nobody else's business on a shared computer. */
async function keyOf(email: string): Promise<string> {
  return `1relay:kdf:${b64uEncode(await sha256(utf8(email)))}`;
}
