/** What Link hands over when a person has approved. The token goes to your server, which exchanges it once. */
export type LinkSuccess = {
  /** To be exchanged on your server within ten minutes; `null` in update mode, where the access token goes on working. */
  publicToken: string | null;
  linkSessionId: string;
  connectionId: string;
  /** The providers the person granted (in update mode: all the connection has now). */
  providers: string[];
  /** The monthly budget the person chose. */
  budgetCents: number;
  isUpdate: boolean;
};

/** Why Link ended or stumbled. `code` is stable: spec/errors.json and "errors" of spec/link_events.json. */
export type LinkError = { code: string; message: string; requestId?: string };

/** Where in Link the person left: "exitStatuses" of spec/link_events.json. */
export type LinkExitStatus =
  | "not_started"
  | "window_open"
  | "window_blocked"
  | "requires_sign_in"
  | "requires_unlock"
  | "requires_key"
  | "provider_not_selected"
  | "budget_not_approved"
  | "authorized_elsewhere"
  | "already_connected"
  | "failed";

export type LinkExitMetadata = { status: LinkExitStatus; linkSessionId: string | null };

/** Names that never change their meaning. Any other name given to `onEvent` is informational and may come and go. */
export type StableLinkEvent = "OPEN" | "SELECT_PROVIDER" | "APPROVE_BUDGET" | "HANDOFF" | "ERROR" | "EXIT";

export type LinkEventMetadata = {
  linkSessionId: string | null;
  /** RFC 3339, by the clock of the person's browser. */
  timestamp: string;
  view?: string;
  provider?: string;
  errorCode?: string;
  requestId?: string;
  exitStatus?: LinkExitStatus;
};

export type LinkOptions = {
  /** The link token your server was given with the link session. */
  token: string;
  /** Where the relay is, e.g. `https://relay.example`. */
  apiBaseUrl: string;
  onSuccess: (result: LinkSuccess) => void;
  /** Called once for every ending that is not a success; `error` is null if the person simply left. */
  onExit?: (error: LinkError | null, metadata: LinkExitMetadata) => void;
  // `(string & {})` keeps the editor's completion of the stable names.
  onEvent?: (name: StableLinkEvent | (string & {}), metadata: LinkEventMetadata) => void;
  /** The modal has loaded and answered. */
  onLoad?: () => void;
};

export interface LinkHandler {
  /** Shows the modal. Does nothing while it is showing. Call it in a click handler. */
  open(): void;
  /** Asks the modal to end, which ends in `onExit`; `force` does not wait for its answer. */
  exit(options?: { force?: boolean }): void;
  /** Takes the modal away at once, and calls nothing afterwards. Safe to call twice. */
  destroy(): void;
}
