import type { LinkError, LinkEventMetadata } from "../../../link-sdk/src/types.js";

/** What the app is told where nobody here can know whether the relay has the approval. Its server can: the session says so. */
export const UNKNOWN: LinkError = {
  code: "approval_unknown",
  message:
    "We can’t tell whether your approval arrived: its answer was lost. Look under Connections in 1Relay, then go back to the app.",
};

/** What the frame hears of an approval in the window: whether one is on its way, and whether one may have been granted. */
export class Doubt {
  #isUnderWay = false;
  #mayBeGranted = false;

  /** While it is, nobody can leave by a button: what was sent can't be called back. */
  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** Why leaving now would not mean that nothing was approved; null if it would. */
  get error(): LinkError | null {
    return this.#mayBeGranted ? UNKNOWN : null;
  }

  hear(event: string, { errorCode }: Partial<LinkEventMetadata>): void {
    const isPressed = event === "APPROVE_BUDGET";
    if (isPressed) this.#mayBeGranted = true;
    else if (event === "ERROR") this.#mayBeGranted = errorCode === UNKNOWN.code;
    if (isPressed || ["ERROR", "TRANSITION_VIEW"].includes(event)) this.#isUnderWay = isPressed;
  }

  /** The window has gone; it tells no more. */
  windowClosed(): void {
    this.#isUnderWay = false;
  }
}
