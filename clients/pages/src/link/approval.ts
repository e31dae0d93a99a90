import { RelayError, type Account, type UnlockedVault } from "@1relay/core";

import type { LinkSuccess } from "../../../link-sdk/src/types.js";
import type { Choice } from "./consentView.js";
import type { LinkSession } from "./session.js";

type Made = Awaited<ReturnType<UnlockedVault["approve"]>>;

/**
 * Sends one approval. Pressing Approve again after a lost answer sends the same bytes again, so that the server can give its
 * first answer again; a changed choice, or a refusal, makes a new approval with a new public token.
 */
export class Approval {
  readonly #account: Account;
  readonly #session: LinkSession & { linkToken: string };
  #made: { choice: string; approval: Made } | null = null;

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
    const asText = JSON.stringify(choice);
    if (this.#made?.choice !== asText) {
      this.#made = { choice: asText, approval: await vault.approve(this.#session, choice) };
    }
    const { body, publicToken } = this.#made.approval;
    try {
      await this.#account.api.post("/v1/link/authorize", body, { elevated: true });
    } catch (failure) {
      if (failure instanceof RelayError && failure.status !== 0) this.#made = null;
      throw failure;
    }
    return publicToken;
  }

  async #change(vault: UnlockedVault, choice: Choice): Promise<null> {
    await vault.authorize(this.#session, choice);
    return null;
  }
}
