import type { LinkError } from "../../../link-sdk/src/types.js";
import type { LinkSession } from "./session.js";

/** What the flow shows in the frame. */
export type Screen = {
  showSession: (session: LinkSession) => void;
  showOrigin: (origin: string) => void;
  showError: (error: LinkError) => void;
  /** Whether the buttons that leave can be pressed. */
  allowLeaving: (isAllowed: boolean) => void;
};

export const BLOCKED: LinkError = {
  code: "window_blocked",
  message: "The browser kept back the 1Relay window. Allow pop-ups for this site.",
};

/** Tells when the app's page is closed or takes the frame away. */
export function onPageLeft(leave: () => void): void {
  addEventListener("pagehide", leave);
  // Back to a page the browser kept: that flow has ended, the reloaded one begins anew.
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}
