import { RelayError, VaultError, type Account, type Connection, type UnlockedVault } from "@1relay/core";

import type { LinkEventMetadata, LinkExitStatus } from "../../../link-sdk/src/types.js";
import { find } from "../ui/dom.js";
import { toast } from "../ui/toast.js";
import { wordsFor } from "../ui/words.js";
import { ConsentView, type Draft, type Shown } from "./consentView.js";
import { fill } from "./dom.js";
import { existingOf, showExisting } from "./existing.js";
import type { LinkSession } from "./session.js";

type Events = {
  tell: (event: string, metadata: Partial<LinkEventMetadata>) => void;
  /** Something that may change whether Approve makes sense. */
  onChange: () => void;
  /** There is something to read and to decide, or something else than before. */
  onShown: (consent: ConsentView) => void;
  /** What Approve is for from now on; null while that is about to change. */
  watch: (consent: ConsentView | null) => void;
};

/** What is to be decided, for whoever has unlocked: a new connection, or changes of one they have. */
export class ConsentStep {
  readonly #account: Account;
  readonly #session: LinkSession;
  readonly #events: Events;
  #view: ConsentView | null = null;
  /** The connection that the app has already. `#changesIt`: it is to be changed, and no second one made. */
  #existing: Connection | null = null;
  #changesIt = false;
  /** Counts what is to be shown: an answer that comes after something else began shows nothing. */
  #turn = 0;
  #draft: { userId: string; settings: Draft } | null = null;

  constructor(account: Account, session: LinkSession, events: Events) {
    this.#account = account;
    this.#session = session;
    this.#events = events;
  }

  /** The connection that the person wants changed in place of making the one that was asked for. */
  get changed(): Connection | null {
    return this.#changesIt ? this.#existing : null;
  }

  /** The connection to be changed, as it is on the screen: by the app's wish or the person's own. */
  get shown(): Connection | null {
    return this.#view?.connection ?? null;
  }

  get place(): { exitStatus?: LinkExitStatus } {
    return this.#view ? { exitStatus: this.#view.exitStatus } : {};
  }

  /** Nobody is there any more; what they had set is kept for their return. */
  hide(): void {
    const userId = this.#account.user?.id;
    if (this.#view && userId !== undefined) this.#draft = { userId, settings: this.#view.draft };
    this.#view?.stop();
    this.#view = null;
    this.#turn += 1;
  }

  /** Somebody else may come. */
  forget(): void {
    this.#existing = null;
    this.#changesIt = false;
  }

  /** False: the connection to be changed is not this person's. `changesIt`: of the one they have, in place of a new one. */
  async show(vault: UnlockedVault, changesIt = this.#changesIt): Promise<boolean> {
    const turn = ++this.#turn;
    const [items, asked, existing] = await Promise.all([
      vault.listItems(),
      this.#connection(),
      existingOf(vault, this.#session),
    ]);
    if (turn !== this.#turn) return true;
    if (asked === "not theirs") return false;
    this.#view?.stop();
    this.#existing = existing;
    this.#changesIt = changesIt && existing !== null;
    const connection = this.#changesIt ? existing : asked;
    this.#view = this.#viewOf({ session: this.#session, vault, items, connection });
    const userId = this.#account.user?.id;
    if (this.#draft && this.#draft.userId === userId) this.#view.restore(this.#draft.settings);
    this.#draft = null;
    showExisting(existing, this.#changesIt, () => this.#changeMind(vault));
    fill("email", this.email);
    this.#events.onShown(this.#view);
    return true;
  }

  /** Signed in on an earlier page: the server has written it into this one. */
  get email(): string {
    return this.#account.user?.email ?? find("#unlock-email", HTMLInputElement).defaultValue;
  }

  /** Nothing can be approved until the other choice is on screen; if it can't be had, what is there stays. */
  async #changeMind(vault: UnlockedVault): Promise<void> {
    const shown = this.#view;
    this.#events.watch(null);
    try {
      await this.show(vault, !this.#changesIt);
    } catch (failure) {
      toast(wordsFor(failure), "bad");
      if (this.#view === shown) this.#events.watch(shown);
    }
  }

  #viewOf(shown: Shown): ConsentView {
    const { vault } = shown;
    const label = `Added for ${this.#session.app.name}`.slice(0, 80);
    return new ConsentView(shown, {
      onChange: this.#events.onChange,
      onSelect: (provider) => {
        this.#events.tell("SELECT_PROVIDER", { provider, ...this.place });
      },
      addKey: async (provider, apiKey) => {
        const { item } = await vault.putKey({ provider, apiKey, label }).catch(existsAlready);
        this.#events.tell("SUBMIT_KEY", { provider, ...this.place });
        return item;
      },
      replaceKey: async (provider, apiKey, connectionIds) => {
        await vault.putKey({ provider, apiKey, label, shown: connectionIds });
        this.#events.tell("SUBMIT_KEY", { provider, ...this.place });
      },
    });
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
}

/** Another tab, or another app's window, has added a key of this provider meanwhile, and connections use it. */
function existsAlready(failure: unknown): never {
  const isChanged = failure instanceof VaultError && failure.code === "connections_changed";
  throw isChanged ? new VaultError("key_exists") : failure;
}
