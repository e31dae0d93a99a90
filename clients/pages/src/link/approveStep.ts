import { saysSessionEnded, VaultError, type Account, type UnlockedVault } from "@1relay/core";

import type { LinkError, LinkEventMetadata } from "../../../link-sdk/src/types.js";
import { find } from "../ui/dom.js";
import { ConnectionChanged } from "./approval.js";
import { ApproveGate } from "./approveGate.js";
import type { Choice, ConsentView } from "./consentView.js";
import { UNKNOWN } from "./doubt.js";
import { linkError, saysLinkEnded } from "./session.js";
import type { Way } from "./way.js";

const GONE: LinkError = {
  code: "app_unreachable",
  message: "Nothing was approved. Go back to the app and connect again.",
};

type Events = {
  tell: (event: string, metadata?: Partial<LinkEventMetadata>) => void;
  /** Approves, and hands over what comes of it. */
  approve: (vault: UnlockedVault, choice: Choice) => Promise<void>;
  /** An approval was sent whose answer got lost. */
  mayBeGranted: () => boolean;
  /** Shows what is to be decided anew: it has changed. */
  showAnew: (vault: UnlockedVault) => Promise<void>;
  askWhoIsThere: () => void;
  /** Link can't go on. */
  end: (error: LinkError) => void;
};

/** The button at the end: when it may be pressed, what happens meanwhile, and what a failure means. */
export class ApproveStep {
  readonly #account: Account;
  readonly #way: Way;
  readonly #events: Events;
  readonly #button = find("#approve", HTMLButtonElement);
  readonly #reason = find("#approve-reason", HTMLElement);
  readonly #error = find("#approve-error", HTMLElement);
  readonly #gate: ApproveGate;
  #consent: ConsentView | null = null;
  #isBusy = false;
  /** Somebody else signed in while an approval was on its way. */
  #mustReload = false;

  constructor(account: Account, way: Way, events: Events) {
    this.#account = account;
    this.#way = way;
    this.#events = events;
    this.#gate = new ApproveGate(this.#button, () => {
      this.refresh();
    });
    this.#button.addEventListener("click", (event) => {
      if (this.#consent?.choice && this.#gate.take(event)) void this.#approve(this.#consent.choice);
    });
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** What is to be approved from now on; null while nobody is there to approve it. Reading it begins anew. */
  watch(consent: ConsentView | null): void {
    this.#consent = consent;
    this.#error.textContent = "";
    this.#gate.restart();
    this.refresh();
  }

  reloadAfterwards(): void {
    this.#mustReload = true;
  }

  refresh(): void {
    // The gate speaks up while it is being made.
    if (this.#consent === null) {
      this.#button.disabled = true;
      return;
    }
    const { choice, missing } = this.#consent;
    const canPress = !this.#isBusy && this.#gate.isOpen;
    this.#button.disabled = choice === null || !canPress;
    const waits = this.#isBusy ? "Sealing your keys for this app…" : canPress ? "" : WAIT;
    const text = missing === "" || this.#isBusy ? waits : missing;
    if (this.#reason.textContent !== text) this.#reason.textContent = text;
  }

  async #approve(choice: Choice): Promise<void> {
    this.#setBusy(true);
    this.#error.textContent = "";
    this.#events.tell("APPROVE_BUDGET");
    try {
      if (!(await this.#way.isAlive())) {
        this.#setBusy(false);
        this.#events.end(GONE);
        return;
      }
      const vault = this.#account.vault ?? (await this.#account.restore());
      if (!vault) throw new VaultError("vault_locked");
      await this.#events.approve(vault, choice);
    } catch (failure) {
      await this.#failed(failure);
    }
  }

  async #failed(failure: unknown): Promise<void> {
    if (this.#mustReload) {
      location.reload();
      return;
    }
    this.#setBusy(false);
    this.#gate.rearm();
    const error = linkError(failure);
    const request = error.requestId && { requestId: error.requestId };
    const isUnknown = this.#events.mayBeGranted();
    this.#events.tell("ERROR", { errorCode: isUnknown ? UNKNOWN.code : error.code, ...request });
    // The link's own token can be refused by the same codes; the account hears of its session's refusals alone.
    const isSignedOut = saysSessionEnded(failure) && this.#account.state === "signed-out";
    if (error.code === "vault_locked" || isSignedOut) this.#events.askWhoIsThere();
    else if (error.code === "link_consumed" || saysLinkEnded(failure)) this.#events.end(error);
    else {
      if (failure instanceof ConnectionChanged) await this.#showAnew();
      this.#error.textContent = isUnknown ? `${error.message} ${AGAIN}` : error.message;
    }
  }

  async #showAnew(): Promise<void> {
    const { vault } = this.#account;
    if (!vault) return;
    await this.#events.showAnew(vault).catch((failure: unknown) => {
      this.#events.end(linkError(failure));
    });
  }

  #setBusy(isBusy: boolean): void {
    this.#isBusy = isBusy;
    // What is on its way can't be called back: leaving now would tell the app that nothing was approved.
    for (const button of document.querySelectorAll<HTMLButtonElement>(OTHER_BUTTONS))
      button.disabled = isBusy;
    if (isBusy) this.#button.setAttribute("aria-busy", "true");
    else this.#button.removeAttribute("aria-busy");
    this.refresh();
  }
}

const OTHER_BUTTONS = "#use-existing, [data-view=consent] [data-action]";
const AGAIN = "It may have been approved all the same. Press the button again to be sure: it counts once.";
const WAIT = "Approve can be pressed in a moment.";
