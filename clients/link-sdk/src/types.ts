import type { LinkEventName } from "./events.js";

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
  | "exited"
  | "failed";

/** What is on the person's screen: "views" of spec/link_events.json. */
export type LinkView =
  "intro" | "window" | "blocked" | "sign_in" | "unlock" | "add_key" | "consent" | "done" | "error";

/** Goes with every callback. None of it is secret: log it, and name it when you ask for help. */
export type LinkMetadata = {
  /** `lks_…`, which your server knows too; `null` until Link could read the session. */
  linkSessionId: string | null;
  /** The relay's name for the request that failed, else for the one that brought the modal; `null` before either. */
  requestId: string | null;
  /** The view on screen, or the last there was; `null` before the first. */
  view: LinkView | (string & {}) | null;
  /** The provider that was last chosen, unchosen or given a key; `null` before that. */
  provider: string | null;
  /** RFC 3339, by the clock of the person's browser. */
  timestamp: string;
};

export type LinkExitMetadata = LinkMetadata & { status: LinkExitStatus };

export type LinkEventMetadata = LinkMetadata & { errorCode?: string; exitStatus?: LinkExitStatus };

/** A link token, the promise of one, or a function that gets one and is asked at every `open()`. */
export type LinkTokenSource = string | PromiseLike<string> | (() => string | PromiseLike<string>);

/**
 * How Link is shown. `window`: a modal over your page, and a window of 1Relay's from there. `hosted`: 1Relay's own page in a new tab,
 * without a modal. `redirect`: this page goes there. The last two come back to the link session's `redirectUri`.
 */
export type LinkDisplay = "window" | "hosted" | "redirect";

/** The modal is gone from the page before `onSuccess` and `onExit` run. */
export type LinkOptions = {
  token: LinkTokenSource;
  /** Where the relay is, e.g. `https://relay.example`. */
  apiBaseUrl: string;
  /** `window` unless given. */
  display?: LinkDisplay;
  /** Called once, when the person has approved. */
  onSuccess: (result: LinkSuccess, metadata: LinkMetadata) => void;
  /** Called once for every ending that is not a success; `error` is `null` if the person simply left. */
  onExit?: (error: LinkError | null, metadata: LinkExitMetadata) => void;
  /** Called for what happens on the way. */
  onEvent?: (name: LinkEventName, metadata: LinkEventMetadata) => void;
  /** Called once an `open()`, as soon as the person sees the request, or why it can't be shown. */
  onLoad?: (metadata: LinkMetadata) => void;
};

/** For the page of your `redirectUri`; `state` is the link session's, `null` if it has none. */
export type LinkReturnOptions = {
  onSuccess: (result: LinkSuccess, metadata: LinkMetadata & { state: string | null }) => void;
  onExit?: (error: LinkError | null, metadata: LinkExitMetadata & { state: string | null }) => void;
};

export interface LinkHandler {
  /**
   * Fulfilled once there is a link token to open with. Rejected with the error that `open()` would end in; nobody has to listen.
   * A function given as `token` is not asked before `open()`, so it counts as there.
   */
  readonly ready: Promise<void>;
  /** Shows Link. Does nothing while it is showing. Call it in a click handler. */
  open(): void;
  /** Asks Link to end, which ends in `onExit`; `force` does not wait for its answer. Does nothing while Link is not showing. */
  exit(options?: { force?: boolean }): void;
  /** Takes Link away at once, and calls nothing afterwards. Safe to call twice; `open()` would show it anew. */
  destroy(): void;
}
