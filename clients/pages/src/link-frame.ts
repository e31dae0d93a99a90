// The modal inside an app's page: says who asks for what, opens the first-party window, and carries its result to the app.
// It reads no cookie, has no field for a password, and can approve nothing.
import { FrameFlow } from "./link/frameFlow";
import { fillError, fillIntro, fillOrigin } from "./link/introView";
import { pageData, showView } from "./link/dom";
import { onAction } from "./ui/actions";
import { SessionClient, tokenFromFragment } from "./link/session";

const token = tokenFromFragment();
if (window.top === window || token === null) {
  fillError({
    code: "invalid_token",
    message: "This page belongs inside an app. Start again from the app that sent you here.",
  });
  showView("error");
} else {
  const flow = new FrameFlow(new SessionClient(token), pageData("session-origins") as string[], {
    showSession: fillIntro,
    showOrigin: fillOrigin,
    showError: fillError,
    allowLeaving: (isAllowed) => {
      for (const button of document.querySelectorAll<HTMLButtonElement>("[data-action=exit]"))
        button.disabled = !isAllowed;
    },
  });
  onAction("continue", () => {
    flow.openWindow();
  });
  onAction("retry", () => {
    flow.retry();
  });
  onAction("focus-window", () => {
    flow.focusWindow();
  });
  onAction("exit", () => {
    flow.leave();
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") flow.leave();
  });
}
