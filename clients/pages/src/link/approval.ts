import {
  RelayError,
  type Account,
  type Connection,
  type UnlockedVault,
  type UpdateChoice,
} from "@1relay/core";

import type { LinkSuccess } from "../../../link-sdk/src/types.js";
import type { Choice } from "./consentView.js";
import type { LinkSession } from "./session.js";

/** The connection is no longer the one on the screen. Nothing was sent. */
export class ConnectionChanged extends Error {
  readonly code = "conflict";

  constructor() {
    super("This connection was changed elsewhere meanwhile. Nothing was saved. Look at it again.");
  }
}

type Made = Awaited<ReturnType<UnlockedVault["approve"]>>;

/**
 * Sends one approval. Pressing Approve again after a lost answer sends the same bytes again, so that the server can give its
 * first answer again; another person, another choice, a replaced key or a refusal makes a new approval with a new public token.
 */
export class Approval {
  readonly #account: Account;
  readonly #session: LinkSession & { linkToken: string };
  #mayBeGranted = false;
  #made: { key: string; approval: Made } | null = null;

  constructor(account: Account, session: LinkSession, linkToken: string) {
    this.#account = account;
    this.#session = { ...session, linkToken };
  }

  /** `shown`: the connection to be changed, as the person saw it. Throws ConnectionChanged. */
  async send(vault: UnlockedVault, choice: Choice, shown: Connection | null): Promise<LinkSuccess> {
    const { id, connectionId, update } = this.#session;
    const publicToken = await (shown ? this.#change(vault, choice, shown) : this.#approve(vault, choice));
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
      await this.#ask(this.#account.api.post("/v1/link/authorize", body, { elevated: true }));
    } catch (failure) {
      if (isRefusal(failure)) this.forget();
      throw failure;
    }
    return publicToken;
  }

  /** Changes a connection the person has already, by their own hand: the app's link session stays unused. Throws ConnectionChanged. */
  async changeExisting(vault: UnlockedVault, existing: Connection, choice: Choice): Promise<void> {
    const session = { ...this.#session, connectionId: existing.id, update: true };
    const made = await vault.approveUpdate(session, await this.#asShown(existing), changeOf(choice));
    const { budgetCents, limits, sealedKeys, ownerGrant } = made;
    const change = { budgetCents, limits, sealedKeys, ownerGrant };
    await this.#ask(this.#account.api.patch(`/v1/connections/${existing.id}`, change, { elevated: true }));
  }

  /** An approval was sent whose answer got lost, by whoever was here: nobody may say that nothing was approved. */
  get mayBeGranted(): boolean {
    return this.#mayBeGranted;
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

  async #change(vault: UnlockedVault, choice: Choice, shown: Connection): Promise<null> {
    const { api } = this.#account;
    const connection = await this.#asShown(shown);
    const body = await vault.approveUpdate(this.#session, connection, changeOf(choice));
    await this.#ask(api.post("/v1/link/authorize", body, { elevated: true }));
    return null;
  }

  /** The connection as it is now, if that is what the person saw; or if the change may be this approval's own, lost on its way. */
  async #asShown(shown: Connection): Promise<Connection> {
    const now = await this.#account.api.get<Connection>(`/v1/connections/${shown.id}`);
    if (!this.#mayBeGranted && termsIn(now) !== termsIn(shown)) throw new ConnectionChanged();
    return now;
  }

  /** Waits for the relay's answer, and remembers if it got lost. */
  async #ask(answer: Promise<unknown>): Promise<void> {
    try {
      await answer;
    } catch (failure) {
      this.#mayBeGranted ||= isLost(failure);
      throw failure;
    }
  }
}

/** What the consent screen says of a connection, fit to compare. */
function termsIn({ providers, budgetCents, limits, status }: Connection): string {
  return JSON.stringify([[...providers].sort(), budgetCents, Object.entries(limits).sort(), status]);
}

/** A budget that the person has not changed is not sent: it may have been changed elsewhere meanwhile. */
function changeOf({ changesBudget, budgetCents, ...choice }: Choice): UpdateChoice {
  return changesBudget ? { ...choice, budgetCents } : choice;
}

/** The relay may have taken what it was sent before it, or the way to it, failed. */
function isLost(failure: unknown): boolean {
  return failure instanceof RelayError && !isRefusal(failure) && ![401, 429].includes(failure.status);
}

/** The relay itself said no. Anything else leaves open whether it has the approval; so do those refusals that come before it looks. */
function isRefusal(failure: unknown): boolean {
  if (!(failure instanceof RelayError) || failure.code === "unreadable_answer") return false;
  return failure.status >= 400 && failure.status < 500 && ![401, 408, 429].includes(failure.status);
}
