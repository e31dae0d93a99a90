// One person's session in one page: signing in, unlocking, staying unlocked, locking.
import { type ApiOptions, RelayApi } from "./api";
import { importMaterial } from "./crypto/aead";
import { makeSigner, type Signer } from "./crypto/ed25519";
import type { Kdf } from "./crypto/kdf";
import type { PasswordKeys } from "./crypto/password";
import type { SessionSecrets } from "./crypto/session";
import { unwrapVaultKey } from "./crypto/vault";
import { Elevation } from "./elevation";
import { elseTampered, type RelayError, saysLocked, saysSessionEnded, VaultError } from "./errors";
import { Identity } from "./identity";
import { IdleLock } from "./idleLock";
import { type Challenge, emailOf, type LoginAnswer, LoginProver } from "./loginProver";
import { localStorageOrMemory, metaOf } from "./page";
import { type Kept, SessionKeeper, wipe } from "./sessionKeeper";
import { SharedRun } from "./sharedRun";
import { openTabs, stateAfter, type TabNews, type Tabs } from "./tabs";
import type { AccountState, AccountUser, Elevated, LoggedIn, Proved, SignedIn, Unlocked } from "./types";
import { UnlockedVault } from "./vault";

export class Account {
  #state: AccountState = "signed-out";
  #vault: UnlockedVault | null = null;
  #signer: Signer | null = null;
  /** Counts lockings, so that what was under way when one happened doesn't unlock again. */
  #lockings = 0;
  readonly #restoring = new SharedRun<UnlockedVault | null>();
  readonly #who: Identity;
  readonly #prover: LoginProver;
  readonly #keeper: SessionKeeper | null;
  readonly #elevation: Elevation;
  readonly #idle: IdleLock | null;
  readonly #tabs: Tabs;
  readonly #listeners = new Set<(state: AccountState) => void>();

  constructor(
    readonly api: RelayApi,
    /** Null, for programs: nothing outlives this object. */
    storage: Storage | null = null,
    session: { userId?: string | undefined; sessionId?: string | undefined } = {},
  ) {
    this.#who = new Identity(api);
    this.#prover = new LoginProver(api, storage);
    const isPage = api.usesCookie && storage !== null;
    this.#keeper = isPage ? new SessionKeeper(api, storage) : null;
    const now = () => api.now();
    const lock = () => void this.lock().catch(ignore);
    const slide = () => void this.keepOpen().catch(ignore);
    this.#idle = isPage ? new IdleLock(document, now, lock, slide) : null;
    this.#tabs = isPage ? openTabs((news) => void this.#hear(news).catch(ignore)) : { tell: ignore };
    this.#elevation = new Elevation(() => this.#proveAgain(), now);
    api.elevation = this.#elevation;
    api.onRefusal = (error) => void this.#refused(error).catch(ignore);
    if (session.userId === undefined && api.token === undefined) return;
    this.#state = "locked";
    this.#who.sessionId = session.sessionId ?? null;
    if (session.userId !== undefined) this.#who.user = { id: session.userId };
  }

  /** The session of this page, as its <meta> elements name it. */
  static fromPage(page: Document = document, options: ApiOptions = {}): Account {
    const userId = metaOf(page, "user-id");
    const api = new RelayApi({ csrfToken: metaOf(page, "csrf-token"), userId, ...options });
    return new Account(api, localStorageOrMemory(), { userId, sessionId: metaOf(page, "session-id") });
  }

  get state(): AccountState {
    return this.#state;
  }

  get user(): AccountUser | null {
    return this.#who.user;
  }

  get vault(): UnlockedVault | null {
    return this.#vault;
  }

  /** Tells `listener` of every change, also those made in other tabs and by the clock; answers how to stop it. */
  onChange(listener: (state: AccountState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Logs in and unlocks. Throws VaultError wrong_password, tampered, kdf_lowered, other_origin, email_refused. */
  async signIn(emailAsTyped: string, password: string): Promise<UnlockedVault> {
    const email = emailOf(emailAsTyped);
    const { answer, keys } = await this.#prover.withPassword(email, password, (proof) =>
      this.api.post<LoggedIn>("/v1/auth/login", { email, ...proof }),
    );
    this.#signedIn(answer);
    return this.#openWith(keys, answer.wrappedVaultKey);
  }

  /** Unlocks the vault of the session that is signed in. Throws as signIn. */
  async unlock(password: string): Promise<UnlockedVault> {
    const { keys, answer } = await this.#unlocking(password);
    return this.#openWith(keys, answer.wrappedVaultKey);
  }

  /**
   * Asks for the password once more, for what an unlocked vault alone must not do; unlocks by it, too. What it answers is the
   * caller's to wipe. Throws as signIn.
   */
  async proveAnew(password: string): Promise<Proved> {
    const { keys, answer, kdf } = await this.#unlocking(password);
    const lockings = this.#lockings;
    const vaultKey = await elseTampered(() => unwrapVaultKey(keys.wrapKey, answer.wrappedVaultKey));
    const proved = { email: await this.#email(), kdf, vaultKey, loginSeed: keys.loginSeed };
    await this.#open({ vaultKey: vaultKey.slice(), loginSeed: keys.loginSeed.slice() }, lockings);
    return proved;
  }

  /** A challenge for a proof of this account's, and the parameters of its password. Throws VaultError other_origin, kdf_lowered. */
  challenge(email: string): Promise<Challenge> {
    return this.#prover.challenge(email);
  }

  /** What an earlier page or another tab left unlocked; null: ask for the password. */
  async restore(): Promise<UnlockedVault | null> {
    return this.#vault ?? this.#restoring.join(() => this.#restore());
  }

  /** Locks here, in the other tabs and at the relay. The page is locked even if the relay can't be told. */
  async lock(): Promise<void> {
    this.#tellTabs("locked");
    this.#drop("locked");
    await this.#lockRelay();
  }

  /** Asks the relay for more time, or how much is left of it; tells the other tabs. */
  async keepOpen(): Promise<void> {
    const [name, keeper, vault] = [this.#who.name, this.#keeper, this.#vault];
    if (keeper === null || name === null || vault === null) return;
    const locksAt = await keeper.slide(name);
    if (vault !== this.#vault) return;
    if (locksAt === null) this.#drop("locked");
    else {
      this.#idle?.lockAt(locksAt);
      this.#tabs.tell({ kind: "slid", userId: name.userId, locksAt });
    }
  }

  async signOut(): Promise<void> {
    // First: without a network the relay can't end the session, but no tab stays open.
    this.#tellTabs("locked");
    this.#drop("locked");
    this.#keeper?.forgetAll();
    await this.api.post("/v1/auth/logout", {}).catch((error: unknown) => {
      if (!saysSessionEnded(error)) throw error;
    });
    this.sessionEnded();
  }

  /** The relay knows this session no more: nothing of it stays, here and in the other tabs. */
  sessionEnded(): void {
    this.#keeper?.forgetAll();
    this.#tellTabs("signed-out");
    this.#drop("signed-out");
  }

  /** Takes over the session that registering, a new password or a recovery just made, and unlocks it; wipes `secrets`. */
  async takeOver(answer: SignedIn, kdf: Kdf, secrets: SessionSecrets): Promise<UnlockedVault> {
    await this.#prover.remember(answer.user.email, kdf);
    this.#signedIn(answer);
    return this.#open(secrets);
  }

  #signedIn(answer: SignedIn): void {
    this.#who.take(answer);
    this.#elevation.set(answer);
    this.#tabs.tell({ kind: "signed-in", userId: answer.user.id, sessionId: answer.sessionId });
    this.#drop("locked", answer);
  }

  /** Unlocks with secrets that were just derived (and wipes them), and keeps them for the next page. */
  async #open(secrets: SessionSecrets, lockings = this.#lockings): Promise<UnlockedVault> {
    const name = this.#who.name;
    const isOpen = () => lockings === this.#lockings;
    const locksAt = name && (await this.#keeper?.keep(name, secrets, isOpen));
    const vault = await this.#become({ secrets, locksAt: locksAt ?? Infinity }, lockings);
    if (vault === null) throw new VaultError("vault_locked");
    if (name !== null) this.#tabs.tell({ kind: "unlocked", ...name });
    return vault;
  }

  async #unlocking(password: string) {
    const [email, lockings] = [await this.#email(), this.#lockings];
    const proved = await this.#prover.withPassword(email, password, (proof) => this.#postUnlock(proof));
    if (lockings !== this.#lockings) {
      if (this.#state === "locked") await this.#lockRelay().catch(ignore);
      throw new VaultError("vault_locked");
    }
    this.#elevation.set(proved.answer);
    return proved;
  }

  async #openWith(keys: PasswordKeys, wrappedVaultKey: string): Promise<UnlockedVault> {
    const lockings = this.#lockings;
    const vaultKey = await elseTampered(() => unwrapVaultKey(keys.wrapKey, wrappedVaultKey));
    return this.#open({ vaultKey, loginSeed: keys.loginSeed }, lockings);
  }

  async #restore(): Promise<UnlockedVault | null> {
    const [name, lockings] = [this.#who.name, this.#lockings];
    const kept = name === null ? null : await this.#keeper?.restore(name);
    return kept ? this.#become(kept, lockings) : null;
  }

  /** Null if there was a locking since `lockings` was read. */
  async #become({ secrets, locksAt }: Kept, lockings: number): Promise<UnlockedVault | null> {
    const signer = await makeSigner(secrets.loginSeed);
    const key = await importMaterial(secrets.vaultKey);
    wipe(secrets);
    if (lockings !== this.#lockings || this.#vault !== null) return this.#vault;
    this.#signer = signer;
    this.#vault = new UnlockedVault(this.api, key);
    if (locksAt !== Infinity) this.#idle?.lockAt(locksAt);
    this.#set("unlocked");
    return this.#vault;
  }

  #drop(state: AccountState, keepElevation?: Elevated): void {
    this.#lockings++;
    this.#restoring.forget();
    this.#vault?.close();
    this.#vault = null;
    this.#signer = null;
    this.#idle?.stop();
    if (keepElevation === undefined) this.#elevation.set(null);
    this.#set(state);
  }

  #set(state: AccountState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }

  /** Renews the elevation with the login key. The relay may make a new session secret at that, so what is kept moves along. */
  async #proveAgain(): Promise<Elevated> {
    const signer = this.#signer;
    if (signer === null) throw new VaultError("vault_locked");
    const lockings = this.#lockings;
    const email = await this.#email();
    if (lockings !== this.#lockings) throw new VaultError("vault_locked");
    const prove = () => this.#prover.withSigner(email, signer, (proof) => this.#postUnlock(proof));
    const name = this.#who.name;
    if (this.#keeper === null || name === null) return prove();
    try {
      return await this.#keeper.across(name, prove);
    } catch (error) {
      if (saysLocked(error) && lockings === this.#lockings) this.#drop("locked");
      throw error;
    }
  }

  async #lockRelay(): Promise<void> {
    if (this.#keeper !== null) await this.#keeper.lock();
    else if (this.api.usesCookie) await this.api.post("/v1/auth/lock", {});
  }

  async #postUnlock(proof: LoginAnswer): Promise<Unlocked> {
    const answer = await this.api.post<Unlocked>("/v1/auth/unlock", proof);
    this.api.csrfToken = answer.csrfToken ?? this.api.csrfToken;
    return answer;
  }

  async #email(): Promise<string> {
    const email = await this.#who.email();
    if (email === null) this.#drop("switched");
    if (email === null || this.#state === "switched") throw new VaultError("vault_locked");
    return email;
  }

  async #hear(news: TabNews): Promise<void> {
    const own = { userId: this.#who.user?.id, sessionId: this.#who.sessionId, state: this.#state };
    const state = stateAfter(news, own);
    if (state === "unlocked") await this.restore();
    else if (state !== null) this.#drop(state);
    else if (news.kind === "slid" && news.userId === own.userId && this.#vault !== null)
      this.#idle?.lockAt(news.locksAt);
  }

  async #refused(error: RelayError): Promise<void> {
    if (this.#who.user === null || this.#state === "signed-out") return;
    if (saysSessionEnded(error)) this.#drop("signed-out");
    if (error.code !== "conflict" || !this.api.usesCookie) return;
    if (await this.#who.isReplaced()) this.#drop("switched");
  }

  #tellTabs(kind: "locked" | "signed-out"): void {
    if (this.#who.user !== null) this.#tabs.tell({ kind, userId: this.#who.user.id });
  }
}

// Of what happens beside the person's own actions: the state is right already, and the next action names the trouble.
function ignore(): void {
  return undefined;
}
