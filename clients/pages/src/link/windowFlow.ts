import {
  RelayError,
  saysSessionEnded,
  VaultError,
  type Account,
  type AccountState,
  type Connection,
  type UnlockedVault,
} from "@1relay/core";

import type { LinkError, LinkEventMetadata, LinkExitStatus } from "../../../link-sdk/src/types.js";
import { find } from "../ui/dom.js";
import { toast } from "../ui/toast.js";
import { wordsFor } from "../ui/words.js";
import { AccountForms } from "./accountForms.js";
import { Approval } from "./approval.js";
import { ApproveGate } from "./approveGate.js";
import { ConsentView, type Draft } from "./consentView.js";
import { fill, showView } from "./dom.js";
import { fillError } from "./introView.js";
import { linkError, saysLinkEnded, type LinkSession } from "./session.js";
import type { Way } from "./way.js";

/** The window's story: account, vault, consent, approval, and the result on its way. */
export class WindowFlow {
  readonly #account: Account;
  readonly #session: LinkSession;
  readonly #way: Way;
  readonly #approval: Approval;
  readonly #gate: ApproveGate;
  readonly #forms: AccountForms;
  readonly #button = find("#approve", HTMLButtonElement);
  #consent: ConsentView | null = null;
  #isBusy = false;
  #shown = "loading";
  /** Somebody else signed in while an approval was on its way. */
  #mustReload = false;
  #draft: { userId: string; settings: Draft } | null = null;
  #failure: LinkError | null = null;

  constructor(account: Account, session: LinkSession, way: Way, linkToken: string) {
    this.#account = account;
    this.#session = session;
    this.#way = way;
    this.#approval = new Approval(account, session, linkToken);
    this.#gate = new ApproveGate(this.#button, () => {
      this.#refresh();
    });
    this.#button.addEventListener("click", (event) => {
      if (this.#consent?.choice && this.#gate.take(event)) void this.#approve();
    });
    this.#forms = new AccountForms(account, async (vault, by) => {
      this.#tell(by);
      await this.#showConsent(vault);
    });
    account.onChange((state) => {
      this.#hear(state);
    });
  }

  /** What happened to the account in another tab, or by the clock. */
  #hear(state: AccountState): void {
    if (state === "switched") {
      if (this.#isBusy) this.#mustReload = true;
      else location.reload();
    } else if (this.#forms.isWorking || this.#isBusy || this.#failure !== null) return;
    else if (state !== "unlocked") this.#askWhoIsThere();
    else if (this.#shown === "unlock" && this.#account.vault)
      this.#showConsent(this.#account.vault).catch((failure: unknown) => {
        toast(wordsFor(failure), "bad");
      });
  }

  async start(): Promise<void> {
    const vault = await this.#account.restore();
    if (vault) await this.#showConsent(vault);
    else this.#askWhoIsThere();
  }

  async signOut(): Promise<void> {
    this.#approval.forget();
    await this.#account.signOut();
    this.#askWhoIsThere();
  }

  cancel(): void {
    this.#way.leave(this.#failure);
  }

  #askWhoIsThere(): void {
    const userId = this.#account.user?.id;
    if (this.#consent && userId !== undefined) this.#draft = { userId, settings: this.#consent.draft };
    this.#consent = null;
    if (this.#account.state === "locked") {
      find("#unlock-email", HTMLInputElement).value = this.#email;
      this.#show("unlock", "requires_unlock");
    } else {
      this.#approval.forget();
      this.#show("sign_in", "requires_sign_in");
    }
  }

  async #showConsent(vault: UnlockedVault): Promise<void> {
    const [items, connection] = await Promise.all([vault.listItems(), this.#connection()]);
    if (connection === "not theirs") {
      this.#show("sign_in", "requires_sign_in");
      find("#sign-error", HTMLElement).textContent =
        "The connection to be changed belongs to another account. Sign in with the one that made it.";
      return;
    }
    this.#consent = new ConsentView(this.#session, items, connection, {
      onChange: () => {
        this.#refresh();
      },
      onSelect: (provider) => {
        this.#tell("SELECT_PROVIDER", { provider, ...this.#place() });
      },
      addKey: async (provider, apiKey) => {
        const label = `Added for ${this.#session.app.name}`.slice(0, 80);
        const { item } = await vault.putKey({ provider, apiKey, label }).catch(existsAlready);
        this.#tell("SUBMIT_KEY", { provider, ...this.#place() });
        return item;
      },
    });
    if (this.#draft?.userId === this.#account.user?.id && this.#draft)
      this.#consent.restore(this.#draft.settings);
    this.#draft = null;
    fill("email", this.#email);
    this.#gate.restart();
    const status = this.#consent.exitStatus;
    this.#show("consent", status, status === "requires_key" ? "add_key" : "consent");
    this.#refresh();
  }

  /** Signed in on an earlier page: the server has written it into this one. */
  get #email(): string {
    return this.#account.user?.email ?? find("#unlock-email", HTMLInputElement).defaultValue;
  }

  /** In update mode the connection to be changed, of which only its own account learns anything. */
  async #connection(): Promise<Connection | null | "not theirs"> {
    if (!this.#session.update) return null;
    try {
      return await this.#account.api.get<Connection>(`/v1/connections/${this.#session.connectionId}`);
    } catch (failure) {
      if (failure instanceof RelayError && failure.code === "not_found") return "not theirs";
      throw failure;
    }
  }

  #refresh(): void {
    // The gate speaks up while it is being made.
    if (this.#consent === null) return;
    const canPress = !this.#isBusy && this.#gate.isOpen;
    this.#button.disabled = this.#consent.choice === null || !canPress;
    const waits = this.#isBusy || canPress ? "" : "Approve can be pressed in a moment.";
    const text = this.#consent.missing === "" ? waits : this.#consent.missing;
    const reason = find("#approve-reason", HTMLElement);
    if (reason.textContent !== text) reason.textContent = text;
  }

  async #approve(): Promise<void> {
    const { choice } = this.#consent ?? {};
    if (!choice) return;
    this.#setBusy(true);
    find("#approve-error", HTMLElement).textContent = "";
    this.#tell("APPROVE_BUDGET");
    try {
      if (!(await this.#way.isAlive())) {
        this.#end({
          code: "app_unreachable",
          message: "The app’s page has gone. Go back to it and connect again; nothing was approved.",
        });
        return;
      }
      const vault = this.#account.vault ?? (await this.#account.restore());
      if (!vault) throw new VaultError("vault_locked");
      const result = await this.#approval.send(vault, choice);
      const delivered = await this.#way.deliver(result);
      this.#done(delivered);
    } catch (failure) {
      this.#failed(failure);
    }
  }

  #done(delivered: boolean): void {
    fill("done-title", delivered ? "Connected" : "Almost there");
    const app = this.#session.app.name;
    const lost = `You approved, but ${app} did not answer. Go back to its page and connect again.`;
    fill("done-text", delivered ? `Going back to ${app}. You can close this window.` : lost);
    showView("done");
  }

  #failed(failure: unknown): void {
    if (this.#mustReload) {
      location.reload();
      return;
    }
    this.#setBusy(false);
    this.#gate.rearm();
    const error = linkError(failure);
    this.#tell("ERROR", { errorCode: error.code, ...(error.requestId && { requestId: error.requestId }) });
    // The link's own token can be refused by the same codes; the account hears of its session's refusals alone.
    const isSignedOut = saysSessionEnded(failure) && this.#account.state === "signed-out";
    if (error.code === "vault_locked" || isSignedOut) this.#askWhoIsThere();
    else if (error.code === "link_consumed" || saysLinkEnded(failure)) this.#end(error);
    else find("#approve-error", HTMLElement).textContent = error.message;
  }

  #end(error: LinkError): void {
    this.#failure = error;
    fillError(error);
    this.#show("error", "failed");
  }

  #setBusy(isBusy: boolean): void {
    this.#isBusy = isBusy;
    this.#button.toggleAttribute("aria-busy", isBusy);
    if (isBusy) this.#button.setAttribute("aria-busy", "true");
    this.#refresh();
  }

  #place(): Partial<LinkEventMetadata> {
    return this.#consent ? { exitStatus: this.#consent.exitStatus } : {};
  }

  #show(section: string, exitStatus: LinkExitStatus, view = section): void {
    this.#shown = section;
    showView(section);
    this.#tell("TRANSITION_VIEW", { view, exitStatus });
  }

  #tell(event: string, metadata: Partial<LinkEventMetadata> = {}): void {
    this.#way.tell(event, metadata);
  }
}

/** Another tab, or another app's window, has added a key of this provider meanwhile, and connections use it. */
function existsAlready(failure: unknown): never {
  const isChanged = failure instanceof VaultError && failure.code === "connections_changed";
  throw isChanged ? new VaultError("key_exists") : failure;
}
