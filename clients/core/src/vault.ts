// The unlocked vault of one person: what needs the vault key, which no script can read out of it.
import type { RelayApi } from "./api";
import {
  type Approval,
  type ApprovalChoice,
  approve,
  approveUpdate,
  type LinkSession,
  type UpdateBody,
  type UpdateChoice,
} from "./approval";
import { checkProviderKey } from "./crypto/encoding";
import { CryptoError } from "./crypto/errors";
import { type ItemSecret, openItem, sealItem } from "./crypto/vault";
import { elseTampered, VaultError } from "./errors";
import { addProvider, removeProvider, tidyNotes } from "./ownerNotes";
import {
  checkKey,
  createPersonalConnection,
  type KeyCheck,
  type PersonalInput,
  type TrialAnswer,
  type TrialCall,
  tryKey,
} from "./personal";
import { planReseals, type Reseal, resealing, withoutKeys } from "./reseal";
import type { Connection, StoredItem } from "./types";

export type VaultItem = Omit<StoredItem, "ciphertext"> & {
  label: string;
  /** It doesn't open: altered, or of another vault. */
  damaged: boolean;
};
export type NewKey = {
  provider: string;
  apiKey: string;
  label: string;
  /** Ids of the connections whose names the person has seen: no other one gets the key. */
  shown?: string[];
  /** Ids of connections that the person unticked: they lose this provider. */
  drop?: string[];
};
export type PutKeyResult = { created: boolean; item: VaultItem; resealed: string[]; dropped: string[] };

export class UnlockedVault {
  #key: CryptoKey | null;

  constructor(
    readonly api: RelayApi,
    key: CryptoKey,
  ) {
    this.#key = key;
  }

  /** The vault key, as HKDF input only. Throws VaultError vault_locked. */
  get key(): CryptoKey {
    if (this.#key === null) throw new VaultError("vault_locked");
    return this.#key;
  }

  /** Forgets the key; every method then throws vault_locked. */
  close(): void {
    this.#key = null;
  }

  async listItems(): Promise<VaultItem[]> {
    return Promise.all((await this.#stored()).map((item) => this.#shown(item)));
  }

  /** The provider key in clear. Throws VaultError no_such_key, tampered. */
  async revealKey(provider: string): Promise<string> {
    return (await this.#secret(provider)).apiKey;
  }

  /** Which connections use this provider's key, and which of them can't be given a new one. */
  async reseals(provider: string): Promise<Reseal[]> {
    return withoutKeys(await planReseals(this, provider));
  }

  /**
   * Adds a provider key, or replaces it together with every connection's seal of it. Connections in `drop`, and those whose
   * owner grant is refused, lose the provider. Throws VaultError provider_key_refused; connections_changed, with the new
   * `reseals`, if the key would go to a connection that is not among those `shown`.
   */
  async putKey({ provider, apiKey, label, shown = [], drop = [] }: NewKey): Promise<PutKeyResult> {
    refuseProviderKey(apiKey);
    const earlier = (await this.#stored()).find((item) => item.provider === provider);
    const kept = earlier === undefined ? {} : await this.#open(earlier).catch(damagedIsEmpty);
    const ciphertext = await sealItem(this.key, provider, { ...kept, apiKey, label });
    const done = await resealing(this, { provider, apiKey, shown, drop }, (seals) =>
      this.api.post<StoredItem>("/v1/keys", { provider, ciphertext, ...seals }, { elevated: true }),
    );
    if (done.dropped.length > 0) await this.#tidied();
    const item = await this.#shown(done.answer);
    return { created: earlier === undefined, item, resealed: done.resealed, dropped: done.dropped };
  }

  /** Changes what a key is called; connections keep what they have. Throws VaultError no_such_key, tampered. */
  async relabelKey(provider: string, label: string): Promise<VaultItem> {
    const item = (await this.#stored()).find((one) => one.provider === provider);
    if (item === undefined) throw new VaultError("no_such_key");
    const secret = await elseTampered(() => this.#open(item));
    const ciphertext = await sealItem(this.key, provider, { ...secret, label });
    const path = `/v1/keys/${encodeURIComponent(provider)}`;
    const body = { ciphertext, previousCiphertext: item.ciphertext };
    return this.#shown(await this.api.patch<StoredItem>(path, body, { elevated: true }));
  }

  /** Deletes a key and every connection's copy of it. */
  async deleteKey(provider: string): Promise<{ deleted: boolean; connectionsAffected: number }> {
    const path = `/v1/keys/${encodeURIComponent(provider)}`;
    const done = await this.api.delete<{ deleted: boolean; connectionsAffected: number }>(path, {
      elevated: true,
    });
    if (done.connectionsAffected > 0) await this.#tidied();
    return done;
  }

  /** Seals the chosen keys for a new connection; nothing is sent. Throws VaultError not_requested, no_such_key, tampered. */
  approve(session: LinkSession, choice: ApprovalChoice): Promise<Approval> {
    return approve(this, session, choice);
  }

  /** Update mode: seals for the providers that the connection lacks, beside a new owner grant; nothing is sent. */
  approveUpdate(session: LinkSession, connection: Connection, choice: UpdateChoice): Promise<UpdateBody> {
    return approveUpdate(this, session, connection, choice);
  }

  /** Approves and authorises. The public token goes to the app's page only; null in update mode. */
  async authorize(session: LinkSession, choice: ApprovalChoice) {
    const authorize = (body: object) =>
      this.api.post<{ connectionId: string }>("/v1/link/authorize", body, { elevated: true });
    if (session.update) {
      const connection = await this.api.get<Connection>(`/v1/connections/${session.connectionId}`);
      const { connectionId } = await authorize(await this.approveUpdate(session, connection, choice));
      return { connectionId, publicToken: null };
    }
    const { body, publicToken } = await this.approve(session, choice);
    const { connectionId } = await authorize(body);
    return { connectionId, publicToken };
  }

  /** Gives a connection one more provider, by the person's own click. Throws VaultError not_usable, tampered. */
  addProvider(connection: Connection, provider: string): Promise<Connection> {
    return addProvider(this, connection, provider);
  }

  removeProvider(connection: Connection, provider: string): Promise<Connection> {
    return removeProvider(this, connection, provider);
  }

  /** Rewrites owner grants that still name providers a connection no longer has. Worth a call when connections are shown. */
  tidyNotes(): Promise<void> {
    return tidyNotes(this);
  }

  /** For the user's own tools. The access token is made here and can't be had again. */
  createPersonalConnection(input: PersonalInput): Promise<{ connection: Connection; accessToken: string }> {
    return createPersonalConnection(this, input);
  }

  /** Whether a provider takes a key: one call through a connection that lives for that call. The relay sees the key for it. */
  checkKey(provider: string, apiKey: string, call: TrialCall): Promise<KeyCheck> {
    refuseProviderKey(apiKey);
    return checkKey(this, provider, apiKey, call);
  }

  /** The same for several calls in a row: `calls` is given the way to make one. Throws the reason of an aborted `signal`. */
  async tryKey<T>(
    key: { provider: string; apiKey: string },
    calls: (send: (call: TrialCall) => Promise<TrialAnswer>) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    refuseProviderKey(key.apiKey);
    return tryKey(this, key, calls, signal);
  }

  /** The provider keys of the vault, for sealing. Throws VaultError no_such_key, tampered. */
  async apiKeys(providers: string[]): Promise<Map<string, string>> {
    const stored = await this.#stored();
    const opened = providers.map(
      async (provider) => [provider, (await this.#secret(provider, stored)).apiKey] as const,
    );
    return new Map(await Promise.all(opened));
  }

  /** After what matters is done: notes that stay untidy now are tidied when connections or keys are next shown. */
  #tidied(): Promise<void> {
    return tidyNotes(this).catch(() => undefined);
  }

  async #secret(provider: string, stored?: StoredItem[]): Promise<ItemSecret> {
    const item = (stored ?? (await this.#stored())).find((one) => one.provider === provider);
    if (item === undefined) throw new VaultError("no_such_key");
    return elseTampered(() => this.#open(item));
  }

  async #shown(item: StoredItem): Promise<VaultItem> {
    const { id, provider, createdAt, updatedAt, lastUsedAt } = item;
    const secret = await this.#open(item).catch(damagedIsEmpty);
    const damaged = secret.label === undefined;
    return { id, provider, createdAt, updatedAt, lastUsedAt, label: secret.label ?? "", damaged };
  }

  async #open(item: StoredItem): Promise<ItemSecret> {
    return openItem(this.key, item.provider, item.ciphertext);
  }

  #stored(): Promise<StoredItem[]> {
    return this.api.all<StoredItem>("/v1/keys");
  }
}

function damagedIsEmpty(error: unknown): Partial<ItemSecret> {
  if (error instanceof CryptoError) return {};
  throw error;
}

function refuseProviderKey(apiKey: string): void {
  try {
    checkProviderKey(apiKey);
  } catch {
    throw new VaultError("provider_key_refused");
  }
}
