// Keeps the vault open between pages: `sessionVault` in local storage, its key with the relay. Source: protocol.md, "Vault".
import type { RelayApi } from "./api";
import { CryptoError } from "./crypto/errors";
import { openSessionVault, sealSessionVault, type SessionSecrets } from "./crypto/session";
import { RelayError, VaultError } from "./errors";
import { oneTabAtATime } from "./tabs";

export type SessionName = { userId: string; sessionId: string };
export type Kept = { secrets: SessionSecrets; locksAt: number };
type SessionKey = { sessionKey: string; locksAt: string };

const PREFIX = "1relay:vault:";
const REFUSED = new Set([401, 403]);

export class SessionKeeper {
  constructor(
    private readonly api: RelayApi,
    private readonly storage: Storage,
  ) {}

  /** What an earlier page left unlocked; null (and nothing is left) if there is nothing, or it is locked. */
  restore(name: SessionName): Promise<Kept | null> {
    return oneTabAtATime(() => this.#restore(name));
  }

  /**
   * Runs a call that may make a new session secret: what is kept is opened before and sealed again after. Throws VaultError
   * vault_locked if it is not there, or no longer there afterwards: some tab has locked, so the relay's new secret goes too.
   */
  across<T>(name: SessionName, call: () => Promise<T>): Promise<T> {
    return oneTabAtATime(async () => {
      const kept = await this.#restore(name);
      if (kept === null) throw new VaultError("vault_locked");
      const before = this.storage.getItem(keyOf(name));
      const isUnlocked = () => this.storage.getItem(keyOf(name)) === before;
      try {
        const answer = await call();
        if (isUnlocked()) await this.#keep(name, kept.secrets, isUnlocked);
        else await this.#refuse();
        return answer;
      } finally {
        wipe(kept.secrets);
      }
    });
  }

  /**
   * Seals under the session's present key; answers when the relay will lock (ms since 1970). Throws VaultError vault_locked,
   * and takes the relay's secret back, if `isUnlocked` no longer holds when it comes to storing.
   */
  keep(name: SessionName, secrets: SessionSecrets, isUnlocked: () => boolean): Promise<number> {
    return oneTabAtATime(() => this.#keep(name, secrets, isUnlocked));
  }

  /** Forgets at once; the relay is told after every unlocking that is under way, so that none of them outlives the locking. */
  lock(): Promise<void> {
    this.forgetAll();
    return oneTabAtATime(async () => {
      this.forgetAll();
      await this.#lockRelay();
    });
  }

  /** Asks for more time; null if the relay has locked. */
  async slide(name: SessionName): Promise<number | null> {
    return (await this.#sessionKey(name))?.locksAt ?? null;
  }

  /** Only one session of a browser can be live; what older ones left is of no use to anybody. */
  forgetAll(): void {
    const names = Array.from({ length: this.storage.length }, (_, index) => this.storage.key(index));
    for (const name of names) if (name?.startsWith(PREFIX) === true) this.storage.removeItem(name);
  }

  async #keep(name: SessionName, secrets: SessionSecrets, isUnlocked: () => boolean): Promise<number> {
    const { sessionKey, locksAt } = await this.api.get<SessionKey>("/v1/auth/session-key");
    const sessionVault = await sealSessionVault(sessionKey, secrets);
    // From here to the storing nothing else can run.
    if (!isUnlocked()) return this.#refuse();
    this.forgetAll();
    this.storage.setItem(keyOf(name), sessionVault);
    return Date.parse(locksAt);
  }

  async #refuse(): Promise<never> {
    // A relay that can't be told keeps half of nothing: what lay here is gone.
    await this.#lockRelay().catch(() => undefined);
    throw new VaultError("vault_locked");
  }

  async #lockRelay(): Promise<void> {
    await this.api.post("/v1/auth/lock", {});
  }

  async #restore(name: SessionName): Promise<Kept | null> {
    const sessionVault = this.storage.getItem(keyOf(name));
    if (sessionVault === null) return null;
    const found = await this.#sessionKey(name);
    if (found === null) return null;
    try {
      return { secrets: await openSessionVault(found.sessionKey, sessionVault), locksAt: found.locksAt };
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error;
      this.storage.removeItem(keyOf(name));
      return null;
    }
  }

  async #sessionKey(name: SessionName): Promise<{ sessionKey: string; locksAt: number } | null> {
    try {
      const { sessionKey, locksAt } = await this.api.get<SessionKey>("/v1/auth/session-key");
      return { sessionKey, locksAt: Date.parse(locksAt) };
    } catch (error) {
      if (!(error instanceof RelayError) || !REFUSED.has(error.status)) throw error;
      this.storage.removeItem(keyOf(name));
      return null;
    }
  }
}

function keyOf({ userId, sessionId }: SessionName): string {
  return `${PREFIX}${userId}:${sessionId}`;
}

/** Best effort: the engine may have copies. */
export function wipe(secrets: SessionSecrets): void {
  secrets.vaultKey.fill(0);
  secrets.loginSeed.fill(0);
}
