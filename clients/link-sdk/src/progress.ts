import { LinkEvent } from "./events.js";
import type { LinkEventMetadata, LinkExitStatus, LinkMetadata, LinkView } from "./types.js";

/** Where leaving from a view is called what: "views" of spec/link_events.json. */
export const EXIT_STATUS_OF: Readonly<Record<LinkView, LinkExitStatus>> = {
  intro: "not_started",
  window: "window_open",
  blocked: "window_blocked",
  sign_in: "requires_sign_in",
  unlock: "requires_unlock",
  add_key: "requires_key",
  consent: "budget_not_approved",
  done: "already_connected",
  error: "failed",
};

type Known = Omit<LinkMetadata, "timestamp">;
const NAMES = ["linkSessionId", "requestId", "view", "provider"] as const;

/** How far one run of Link has come, as it tells us itself: what goes with every callback. */
export class Progress {
  readonly #known: Known = { linkSessionId: null, requestId: null, view: null, provider: null };
  #status: LinkExitStatus = "not_started";
  #mayBeGranted = false;

  /** Whether Approve was pressed and its answer has not been heard: leaving now would not mean that nothing was approved. */
  get mayBeGranted(): boolean {
    return this.#mayBeGranted;
  }

  /** What leaving now is called. */
  get status(): LinkExitStatus {
    return this.#status;
  }

  get metadata(): LinkMetadata {
    return { ...this.#known, timestamp: new Date().toISOString() };
  }

  /** An event, and what was said with it. */
  noteEvent(name: string, told: Partial<LinkEventMetadata>): LinkEventMetadata {
    if (name === LinkEvent.APPROVE_BUDGET) this.#mayBeGranted = true;
    else if (name === LinkEvent.ERROR) this.#mayBeGranted = told.errorCode === "approval_unknown";
    return this.note(told);
  }

  /** Keeps what is new in it, and answers it filled up with what was known. */
  note(told: Partial<LinkEventMetadata>): LinkEventMetadata {
    for (const name of NAMES) this.#known[name] = told[name] ?? this.#known[name];
    const { view } = told;
    if (told.exitStatus) this.#status = told.exitStatus;
    else if (view && Object.hasOwn(EXIT_STATUS_OF, view)) this.#status = EXIT_STATUS_OF[view as LinkView];
    return { ...told, ...this.metadata, ...(told.timestamp && { timestamp: told.timestamp }) };
  }
}
