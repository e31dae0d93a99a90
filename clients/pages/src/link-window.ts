// The first-party window of Link: the only place where a person signs in, unlocks and approves.
import { Account } from "@1relay/core";

import { showView } from "./link/dom";
import { watchNetwork } from "./link/endings";
import { fillApp, fillError, fillOrigin } from "./link/introView";
import { endedBecause, EXPIRED, linkError, SessionClient, tokenFromFragment } from "./link/session";
import { findWay, type Way } from "./link/way";
import { WindowFlow } from "./link/windowFlow";
import type { LinkError } from "../../link-sdk/src/types";
import { onAction } from "./ui/actions";
import { find } from "./ui/dom";

let way: Way | null = null;

let flow: WindowFlow | null = null;

let failed: LinkError | null = null;

onAction("cancel", () => {
  if (flow) {
    flow.cancel();
    return;
  }
  way?.leave(failed);
  if (way === null || way.isPopup) window.close();
});
onAction("close-window", () => {
  window.close();
});
// The app's frame answers the same window again; the address keeps the link token.
onAction("retry", () => {
  location.reload();
});

function refuse(error: LinkError): void {
  failed = error;
  // Scripts can close only what scripts opened.
  find("#close-window", HTMLElement).hidden = way === null && window.opener === null;
  fillError(error);
  showView("error");
}

async function start(token: string): Promise<void> {
  const client = new SessionClient(token);
  const session = await client.read();
  const ended = endedBecause(session);
  way = await findWay(session, client);
  fillApp(session);
  fillOrigin(way?.origin ?? null);
  if (ended) {
    refuse(ended);
  } else if (way === null) {
    const message =
      "This window has lost the app’s page, so nothing can be approved here. Go back to the app and connect again.";
    refuse({ code: "app_unreachable", message });
  } else {
    const begun = new WindowFlow(Account.fromPage(), session, way, token);
    flow = begun;
    onAction("sign-out", () => begun.signOut());
    setTimeout(() => {
      begun.expire(EXPIRED);
    }, client.msLeft(session));
    await begun.start();
  }
}

watchNetwork();
// A page that the browser keeps for its back button keeps nothing typed, and begins anew when somebody comes back to it.
addEventListener("pagehide", () => flow?.clear());
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
const token = tokenFromFragment();
if (window.top !== window) {
  refuse({ code: "invalid_token", message: "This page does not work inside another page." });
} else if (token === null) {
  refuse({
    code: "invalid_token",
    message: "This link is incomplete. Go back to the app and connect again.",
  });
} else {
  start(token).catch((failure: unknown) => {
    // Where the story has begun, it is the one that tells the app.
    if (flow) flow.end(linkError(failure));
    else refuse(linkError(failure));
  });
}
