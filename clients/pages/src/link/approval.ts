import { RelayError, type Account, type Connection, type UnlockedVault } from "@1relay/core";

import type { LinkSuccess } from "../../../link-sdk/src/types.js";
import type { Choice } from "./consentView.js";
import type { LinkSession } from "./session.js";

type Made = Awaited<ReturnType<UnlockedVault["approve"]>>;

/**
 * Sends one approval. Pressing Approve again after a lost answer sends the same bytes again, so that the server can give its
 * first answer again; another person, another choice, a replaced key or a refusal makes a new approval with a new public token.
 */
export class Approval {
  readonly #account: Account;
  readonly #session: LinkSession & { linkToken: string };
  #made: { key: string; approval: Made } | null = null;

  constructor(account: Account, session: LinkSession, linkToken: string) {
    this.#account = account;
    this.#session = { ...session, linkToken };
  }

  async send(vault: UnlockedVault, choice: Choice): Promise<LinkSuccess> {
    const { id, connectionId, update } = this.#session;
    const publicToken = update ? await this.#change(vault, choice) : await this.#approve(vault, choice);
    return {
      publicToken,
      linkSessionId: id,
      connectionId,
      providers: [...choice.kept, ...choice.providers].sort(),
      budgetCents: choice.budgetCents,
      isUpdate: update,
    };
  }

  async #approve(vault: UnlockedVault, choice: Choice): Promise<string> {
    const key = await this.#keyOf(vault, choice);
    if (this.#made?.key !== key) this.#made = { key, approval: await vault.approve(this.#session, choice) };
    const { body, publicToken } = this.#made.approval;
    try {
      await this.#account.api.post("/v1/link/authorize", body, { elevated: true });
    } catch (failure) {
      if (isRefusal(failure)) this.forget();
      throw failure;
    }
    return publicToken;
  }

  /** Changes a connection the person has already, by their own hand: the app's link session stays unused. */
  async changeExisting(vault: UnlockedVault, existing: Connection, choice: Choice): Promise<void> {
    const session = { ...this.#session, connectionId: existing.id, update: true };
    const made = await vault.approveUpdate(session, existing, choice);
    const { budgetCents, limits, sealedKeys, ownerGrant } = made;
    const change = { budgetCents, limits, sealedKeys, ownerGrant };
    await this.#account.api.patch(`/v1/connections/${existing.id}`, change, { elevated: true });
  }

  /** Nothing of one person's approval is left for the next one. */
  forget(): void {
    this.#made = null;
  }

  /** What one approval holds for: this person, this choice, these very keys. */
  async #keyOf(vault: UnlockedVault, choice: Choice): Promise<string> {
    const items = (await vault.listItems()).filter(({ provider }) => choice.providers.includes(provider));
    const keys = items.map(({ id, updatedAt }) => [id, updatedAt]);
    return JSON.stringify([this.#account.user?.id, choice, keys]);
  }

  async #change(vault: UnlockedVault, choice: Choice): Promise<null> {
    await vault.authorize(this.#session, choice);
    return null;
  }
}

/** The relay itself said no. Anything else leaves open whether it has the approval; so do those refusals that come before it looks. */
function isRefusal(failure: unknown): boolean {
  if (!(failure instanceof RelayError) || failure.code === "unreadable_answer") return false;
  return failure.status >= 400 && failure.status < 500 && ![401, 408, 429].includes(failure.status);
}
