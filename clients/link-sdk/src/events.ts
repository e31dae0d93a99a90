/** The events that never change their meaning ("stable" in spec/link_events.json). Compare with these in `onEvent`. */
export const LinkEvent = {
  /** The modal is on screen and the link session is readable. */
  OPEN: "OPEN",
  /** The person chose or unchose a provider; `metadata.provider` says which. */
  SELECT_PROVIDER: "SELECT_PROVIDER",
  /** The person pressed Approve, and with it accepted the budget shown. */
  APPROVE_BUDGET: "APPROVE_BUDGET",
  /** The connection is approved and the result was handed to your page. */
  HANDOFF: "HANDOFF",
  /** Something failed; `metadata.errorCode` says what. The person may still go on. */
  ERROR: "ERROR",
  /** Link ended without an approval. */
  EXIT: "EXIT",
} as const;

export type StableLinkEvent = keyof typeof LinkEvent;

/** Informational events: they may come and go, so nothing should depend on them. */
export type InformationalLinkEvent =
  | "OPEN_WINDOW"
  | "CLOSE_WINDOW"
  | "WINDOW_BLOCKED"
  | "TRANSITION_VIEW"
  | "SIGN_UP"
  | "SIGN_IN"
  | "UNLOCK_VAULT"
  | "SUBMIT_KEY";

/** Any name that `onEvent` is given. `(string & {})` keeps the editor's completion of the known ones. */
export type LinkEventName = StableLinkEvent | InformationalLinkEvent | (string & {});
