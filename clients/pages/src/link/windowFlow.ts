import { RelayError, VaultError, type Account, type Connection, type UnlockedVault } from "@1relay/core";

import type { LinkError, LinkEventMetadata, LinkExitStatus } from "../../../link-sdk/src/types.js";
import { find } from "../ui/dom.js";
import { AccountForms } from "./accountForms.js";
import { Approval } from "./approval.js";
import { ApproveGate } from "./approveGate.js";
import { ConsentView } from "./consentView.js";
import { fill, showView } from "./dom.js";
import { fillError } from "./introView.js";
import { linkError, type LinkSession } from "./session.js";
import type { Way } from "./way.js";

/** The window's story: account, vault, consent, approval, and the result on its way. */
export class WindowFlow {
  readonly #account: Account;
  readonly #session: LinkSession;
  readonly #way: Way;
  readonly #approval: Approval;
  readonly #gate: ApproveGate;
  readonly #button = find("#approve", HTMLButtonElement);
  #consent: ConsentView | null = null;
  #isBusy = false;

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
    const forms = new AccountForms(account, async (vault, by) => {
      this.#tell(by);
      await this.#showConsent(vault);
    });
    account.onChange((state) => {
      if (state === "switched") location.reload();
      else if (state !== "unlocked" && !forms.isWorking && !this.#isBusy) this.#askWhoIsThere();
    });
  }

  async start(): Promise<void> {
    const vault = await this.#account.restore();
    if (vault) await this.#showConsent(vault);
    else this.#askWhoIsThere();
  }

  async signOut(): Promise<void> {
    await this.#account.signOut();
    this.#askWhoIsThere();
  }

  cancel(): void {
    this.#way.leave(null);
  }

  #askWhoIsThere(): void {
    this.#consent = null;
    if (this.#account.state === "locked") {
      find("#unlock-email", HTMLInputElement).value = this.#email;
      this.#show("unlock", "requires_unlock");
    } else {
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
        const { item } = await vault.putKey({
          provider,
          apiKey,
          label: `Added for ${this.#session.app.name}`.slice(0, 80),
        });
        this.#tell("SUBMIT_KEY", { provider, ...this.#place() });
        return item;
      },
    });
    fill("email", this.#email);
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
    const missing = this.#consent?.missing ?? "";
    this.#button.disabled = this.#isBusy || !this.#consent?.choice || !this.#gate.isOpen;
    const reason = find("#approve-reason", HTMLElement);
    if (reason.textContent !== missing) reason.textContent = missing;
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
    this.#setBusy(false);
    this.#gate.rearm();
    const error = linkError(failure);
    this.#tell("ERROR", { errorCode: error.code, ...(error.requestId && { requestId: error.requestId }) });
    if (error.code === "vault_locked" || error.code === "unauthenticated") this.#askWhoIsThere();
    else if (error.code === "link_consumed" || error.code === "link_expired") this.#end(error);
    else find("#approve-error", HTMLElement).textContent = error.message;
  }

  #end(error: LinkError): void {
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
    showView(section);
    this.#tell("TRANSITION_VIEW", { view, exitStatus });
  }

  #tell(event: string, metadata: Partial<LinkEventMetadata> = {}): void {
    this.#way.tell(event, metadata);
  }
}
