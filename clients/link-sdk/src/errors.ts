import type { LinkError } from "./types.js";

/** Error codes of the SDK's own, with what a developer reads: "errors" of spec/link_events.json. */
const MESSAGES = {
  invalid_token:
    "`token` is not a link token. Pass the linkToken your server got from POST /v1/link/sessions, or a function that answers it.",
  token_unavailable: "The link token did not come: what was given as `token` failed or took half a minute.",
  invalid_base_url: "`apiBaseUrl` is not a web address. Pass the relay's, such as https://relay.example.",
  insecure_context: "1Relay Link needs a page served over https (or from localhost).",
  frame_unreachable:
    "1Relay Link did not answer within ten seconds. Check apiBaseUrl, that this page's origin is one of the app's allowedOrigins, " +
    "that the link session is fresh, and the page's Content-Security-Policy (frame-src).",
  approval_unknown:
    "The person pressed Approve, and the answer was not waited for. Ask on your server: GET /v1/link/sessions/:id.",
  window_blocked:
    "The browser kept back the 1Relay window. Call open() in a click handler, and allow pop-ups.",
};

export type OwnErrorCode = keyof typeof MESSAGES;

/** A failure of the SDK's own. `cause`: what the app's own code failed with. */
export class LinkFailure extends Error {
  readonly code: OwnErrorCode;

  constructor(code: OwnErrorCode, cause?: unknown) {
    super(cause instanceof Error ? `${MESSAGES[code]} (${String(cause)})` : MESSAGES[code]);
    this.name = "LinkFailure";
    this.code = code;
  }

  /** As `onExit` is given it. */
  toLinkError(): LinkError {
    return { code: this.code, message: this.message };
  }
}
