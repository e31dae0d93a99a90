import type { LinkError, LinkEventMetadata, LinkExitStatus } from "../../../link-sdk/src/types.js";
import type { AppPort } from "./appPort.js";
import { pageData, showView } from "./dom.js";
import type { Doubt } from "./doubt.js";
import { BLOCKED } from "./framePage.js";
import type { SessionClient } from "./session.js";

export type Ending = { error: LinkError | null; status: LinkExitStatus; closesWindow: boolean };

/** What is said of an ending. `left`: the place the person was at; in doubt about an approval, that place would be untrue. */
export function endingOf(error: LinkError | null, left: LinkExitStatus, doubt: Doubt): Ending {
  // Where the window has a last word to say, it closes itself.
  if (left === "authorized_elsewhere" || left === "already_connected")
    return { error, status: left, closesWindow: false };
  if (error === null && doubt.error) return { error: doubt.error, status: "failed", closesWindow: true };
  const told = error ?? (left === "window_blocked" ? BLOCKED : null);
  return { error: told, status: left, closesWindow: true };
}

/** What the frame tells relay and app: every event, with the place the person is at. */
export class FrameReport {
  readonly #client: SessionClient;
  readonly #app: AppPort;
  /** By which the relay's operator finds the request that brought this page, until one fails and brings its own. */
  readonly #requestId = pageData("request-id") as string | null;
  sessionId: string | null = null;
  status: LinkExitStatus = "not_started";

  constructor(client: SessionClient, app: AppPort) {
    this.#client = client;
    this.#app = app;
  }

  event(event: string, more: Partial<LinkEventMetadata> = {}): void {
    this.#client.tell(event, more.exitStatus ?? this.status);
    const metadata = {
      requestId: this.#requestId,
      ...more,
      linkSessionId: this.sessionId,
      timestamp: new Date().toISOString(),
    };
    this.#app.send({ type: "1relay.frame.event", event, metadata });
  }

  show(view: string, status: LinkExitStatus): void {
    this.status = status;
    showView(view);
    this.event("TRANSITION_VIEW", { view });
  }

  failed({ code, requestId }: LinkError): void {
    this.event("ERROR", { errorCode: code, ...(requestId && { requestId }) });
    this.show("error", "failed");
  }

  exited({ error, status }: Ending): void {
    this.event("EXIT", { exitStatus: status, ...(error && { errorCode: error.code }) });
    this.#app.send({ type: "1relay.frame.exit", error, metadata: { status, linkSessionId: this.sessionId } });
  }
}
