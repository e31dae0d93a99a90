import type { Account, AccountState, UnlockedVault } from "@1relay/core";

import type { LinkError, LinkEventMetadata, LinkExitStatus } from "../../../link-sdk/src/types.js";
import { find } from "../ui/dom.js";
import { toast } from "../ui/toast.js";
import { wordsFor } from "../ui/words.js";
import { AccountForms, type EnteredBy } from "./accountForms.js";
import { Approval } from "./approval.js";
import { ApproveStep } from "./approveStep.js";
import { ConsentStep } from "./consentStep.js";
import type { Choice } from "./consentView.js";
import { dollars } from "./describe.js";
import { showView } from "./dom.js";
import { showDone } from "./endings.js";
import { UNKNOWN } from "./doubt.js";
import { fillError } from "./introView.js";
import type { LinkSession } from "./session.js";
import type { Way } from "./way.js";

/** The window's story: account, vault, consent, approval, and the result on its way. */
export class WindowFlow {
  readonly #account: Account;
  readonly #session: LinkSession;
  readonly #way: Way;
  readonly #approval: Approval;
  readonly #forms: AccountForms;
  readonly #consent: ConsentStep;
  readonly #step: ApproveStep;
  #isNewcomer = false;
  #shown = "loading";
  #failure: LinkError | null = null;

  constructor(account: Account, session: LinkSession, way: Way, linkToken: string) {
    this.#account = account;
    this.#session = session;
    this.#way = way;
    this.#approval = new Approval(account, session, linkToken);
    this.#step = this.#approveStep();
    this.#consent = this.#consentStep();
    this.#forms = new AccountForms(account, (vault, by) => this.#enter(vault, by));
    account.onChange((state) => {
      this.#hear(state);
    });
  }

  async start(): Promise<void> {
    const vault = await this.#account.restore();
    if (vault) await this.#showConsent(vault);
    else this.#askWhoIsThere();
  }

  async signOut(): Promise<void> {
    if (this.#step.isBusy) return;
    this.#approval.forget();
    await this.#account.signOut();
    this.#askWhoIsThere();
  }

  /** Leaves; not while an approval is on its way, which may be granted already. */
  cancel(): void {
    if (this.#step.isBusy) return;
    this.#way.leave(this.#failure ?? (this.#approval.mayBeGranted ? UNKNOWN : null));
    if (this.#way.isPopup) window.close();
  }

  /** The request ran out. What is on its way is answered by the relay; what is done stays. */
  expire(error: LinkError): void {
    if (!this.#step.isBusy && this.#shown !== "done") this.end(error);
  }

  #approveStep(): ApproveStep {
    return new ApproveStep(this.#account, this.#way, {
      tell: (event, metadata) => {
        this.#tell(event, metadata);
      },
      approve: (vault, choice) => this.#approve(vault, choice),
      mayBeGranted: () => this.#approval.mayBeGranted,
      showAnew: (vault) => {
        this.#consent.hide();
        return this.#showConsent(vault);
      },
      askWhoIsThere: () => {
        this.#askWhoIsThere();
      },
      end: (error) => {
        this.end(error);
      },
    });
  }

  #consentStep(): ConsentStep {
    return new ConsentStep(this.#account, this.#session, {
      tell: (event, metadata) => {
        this.#tell(event, metadata);
      },
      onChange: () => {
        this.#step.refresh();
      },
      watch: (consent) => {
        this.#step.watch(consent);
      },
      onShown: (consent) => {
        this.#step.watch(consent);
        const status = consent.exitStatus;
        this.#show("consent", status, status === "requires_key" ? "add_key" : "consent");
      },
    });
  }

  /** What happened to the account in another tab, or by the clock. */
  #hear(state: AccountState): void {
    if (this.#shown === "done") return;
    if (state === "switched") {
      if (this.#step.isBusy) this.#step.reloadAfterwards();
      else location.reload();
    } else if (this.#forms.isWorking || this.#step.isBusy || this.#failure !== null) return;
    else if (state !== "unlocked") this.#askWhoIsThere();
    else if (this.#shown === "unlock" && this.#account.vault)
      this.#showConsent(this.#account.vault).catch((failure: unknown) => {
        toast(wordsFor(failure), "bad");
      });
  }

  async #enter(vault: UnlockedVault, by: EnteredBy): Promise<void> {
    this.#isNewcomer ||= by === "SIGN_UP";
    this.#tell(by);
    await this.#showConsent(vault);
  }

  /** Nothing typed or decrypted stays on a page that is left to itself. */
  clear(): void {
    this.#consent.hide();
    this.#step.watch(null);
    this.#forms.clear();
  }

  #askWhoIsThere(): void {
    this.clear();
    if (this.#account.state === "locked") {
      find("#unlock-email", HTMLInputElement).value = this.#consent.email;
      this.#show("unlock", "requires_unlock");
    } else {
      this.#approval.forget();
      this.#consent.forget();
      this.#show("sign_in", "requires_sign_in");
    }
  }

  async #showConsent(vault: UnlockedVault): Promise<void> {
    if (await this.#consent.show(vault)) return;
    this.#show("sign_in", "requires_sign_in");
    find("#sign-error", HTMLElement).textContent =
      "The connection to be changed belongs to another account. Sign in with the one that made it.";
  }

  async #approve(vault: UnlockedVault, choice: Choice): Promise<void> {
    const { name } = this.#session.app;
    const existing = this.#consent.changed;
    if (existing) {
      await this.#approval.changeExisting(vault, existing, choice);
      this.#tell("TRANSITION_VIEW", { view: "done", exitStatus: "already_connected" });
      this.#done("Changed", `${name} goes on with the connection it has.`);
      this.#way.leave(null, "already_connected");
      return;
    }
    const result = await this.#approval.send(vault, choice, this.#consent.shown);
    if (await this.#way.deliver(result)) {
      const spends = `${name} may spend up to ${dollars(choice.budgetCents)} a month.`;
      this.#done(result.isUpdate ? "Changed" : "Connected", spends);
    } else {
      const lost = `You approved, but ${name} did not answer. Go back to its page and connect again.`;
      this.#done("Almost there", lost, false);
    }
  }

  #done(title: string, text: string, closes = this.#way.isPopup): void {
    this.#shown = "done";
    this.clear();
    showDone({ title, text, closes, isNewcomer: this.#isNewcomer });
  }

  /** Link can't go on; leaving tells the app why. */
  end(error: LinkError): void {
    this.#failure = this.#approval.mayBeGranted ? { ...error, ...UNKNOWN } : error;
    this.clear();
    fillError(this.#failure);
    this.#show("error", "failed");
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
