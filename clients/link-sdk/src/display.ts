import type { OwnErrorCode } from "./errors.js";
import type { FrameMessage } from "./messages.js";
import type { LinkExitStatus } from "./types.js";
import type { Returned } from "./returned.js";

/** What a display tells of itself, after `open()` has returned. */
export type DisplayEvents = {
  onMessage: (message: FrameMessage) => void;
  /** The person came back to the redirect URI in a tab of this display's. */
  onReturn: (returned: Returned) => void;
  onFail: (code: OwnErrorCode) => void;
  /** The person wants to leave. */
  onDismiss: () => void;
  /** It has gone, and nothing more will be heard; without a status, the last known one says where. */
  onGone: (status?: LinkExitStatus) => void;
};

/** Where Link is shown. Made within the click, before there is a link token. */
export interface Display {
  /** The page of Link it shows. */
  readonly page: "link" | "link/frame";
  load(url: string): void;
  /** Whether Link could be asked to end by itself. */
  askToExit(): boolean;
  /** Leaves nothing behind. May be called twice. */
  remove(): void;
}
